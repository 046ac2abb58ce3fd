import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
} from "@temporalio/client";
import type { ServiceError } from "@temporalio/client";
import { NamespaceNotFoundError } from "@temporalio/common";
import { ConfigurationError } from "../domain/errors.ts";
import { readTemporalOptions } from "./connect-options.ts";
import type { TemporalOptions } from "./connect-options.ts";

/** A connection to Temporal. */
export type Temporal = {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  /** Where workers look for work. */
  readonly taskQueue: string;
};

type GrpcError = NonNullable<ServiceError["cause"]> & { readonly code: number; readonly details: string };

/** How long a server may take to answer the first question. */
const CONNECT_MS = 5000;

/** Status codes of gRPC: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GRPC = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
};

/**
 * Works with the Temporal server that the environment names. Throws ConfigurationError within seconds when it cannot be
 * reached, refuses us, or lacks the namespace.
 */
export async function withTemporal<T>(env: NodeJS.ProcessEnv, work: (temporal: Temporal) => Promise<T>): Promise<T> {
  const options = readTemporalOptions(env);
  const { address, namespace, taskQueue } = options;
  let isConnected = false;
  const retries = defaultGrpcRetryOptions();
  const connection = Connection.lazy({
    ...options.connection,
    interceptors: [
      makeGrpcRetryInterceptor({
        ...retries,
        // The first question is asked once: its answer says what is wrong, a retry only says that time is up.
        retryableDecider: (attempt, status) => isConnected && retries.retryableDecider(attempt, status),
      }),
    ],
  });
  try {
    await connection.withDeadline(Date.now() + CONNECT_MS, () => connection.workflowService.getSystemInfo({}));
    isConnected = true;
    return await work({ client: new Client({ connection, namespace }), address, namespace, taskQueue });
  } catch (error) {
    throw explain(error, options);
  } finally {
    await connection.close();
  }
}

/** The answer of the server that an error carries; undefined when it is none of the server's. */
export function grpcErrorOf(error: unknown): GrpcError | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}

/** Whether the server or the way to it is away, so that asking again later makes sense. */
export function isAway(error: unknown): boolean {
  const code = grpcErrorOf(error)?.code;
  return code === GRPC.unavailable || code === GRPC.deadlineExceeded;
}

function explain(error: unknown, { address, namespace }: TemporalOptions): unknown {
  const place = `Temporal at ${address}`;
  if (error instanceof NamespaceNotFoundError) return noNamespace(place, namespace, error);
  const answer = grpcErrorOf(error);
  if (answer === undefined) return error;
  const { code, details } = answer;
  if (isAway(answer)) {
    const why = code === GRPC.deadlineExceeded ? `no answer in ${CONNECT_MS / 1000} s` : reasonOf(details);
    return new ConfigurationError(
      `${place} cannot be reached: ${why}. Start it (\`npm run temporal\` gives one for development), correct ` +
        "TEMPORAL_ADDRESS and TEMPORAL_TLS, or leave TEMPORAL_ADDRESS empty to work without it.",
      { cause: error },
    );
  }
  if (code === GRPC.unauthenticated || code === GRPC.permissionDenied) {
    return new ConfigurationError(
      `${place} refuses us: ${details}. Correct TEMPORAL_API_KEY or the client certificate, and TEMPORAL_NAMESPACE ` +
        `(${namespace}).`,
      { cause: error },
    );
  }
  if (code === GRPC.notFound && /namespace/i.test(details)) return noNamespace(place, namespace, error);
  return new ConfigurationError(
    `${place} answered: ${details}. Look whether TEMPORAL_ADDRESS is a Temporal server's, and at its log.`,
    { cause: error },
  );
}

function noNamespace(place: string, namespace: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `${place} has no namespace ${namespace}. Correct TEMPORAL_NAMESPACE, or make it with ` +
      `\`temporal operator namespace create --namespace ${namespace}\`.`,
    { cause },
  );
}

/** What gRPC hides behind its own words: "No connection established. Last error: connect ECONNREFUSED …". */
function reasonOf(details: string): string {
  return (
    details.replace(/^No connection established\. Last error: (Error: )?/, "").split(". Resolution note")[0] ?? details
  );
}
