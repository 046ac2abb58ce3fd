import { ConfigurationError } from "../domain/errors.ts";
import { SEARCH_ATTRIBUTES } from "../domain/workflow-names.ts";
import { GRPC, grpcErrorOf } from "./connect.ts";
import type { Temporal } from "./connect.ts";

/** As Temporal numbers the types of search attributes. */
const KEYWORD = 2;
const REFUSALS: readonly number[] = [GRPC.permissionDenied, GRPC.unimplemented, GRPC.unauthenticated];

/**
 * Makes the namespace know the search attributes of our workflows, which would not start otherwise. Throws
 * ConfigurationError with the commands to run where this is not ours to do, as in Temporal Cloud.
 */
export async function registerSearchAttributes(temporal: Temporal): Promise<void> {
  const missing: string[] = [];
  for (const name of Object.values(SEARCH_ATTRIBUTES)) if (!(await isKnown(temporal, name))) missing.push(name);
  if (missing.length === 0) return;
  const { client, namespace } = temporal;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  } catch (error) {
    const code = grpcErrorOf(error)?.code;
    if (code === GRPC.alreadyExists) return; // another worker was quicker
    if (code === undefined || !REFUSALS.includes(code)) throw error;
    throw new ConfigurationError(describeMissing(temporal, missing), { cause: error });
  }
}

/** Asked so that every server answers, also those whose attributes are managed elsewhere. */
async function isKnown({ client, namespace }: Temporal, name: string): Promise<boolean> {
  try {
    await client.workflowService.countWorkflowExecutions({ namespace, query: `${name} = "-"` });
    return true;
  } catch (error) {
    if (grpcErrorOf(error)?.code === GRPC.invalidArgument) return false;
    throw error;
  }
}

function describeMissing({ address, namespace }: Temporal, missing: readonly string[]): string {
  const types = missing.map((name) => `--search-attribute "${name}=Keyword"`).join(" ");
  const names = missing.map((name) => `--name ${name} --type Keyword`).join(" ");
  return (
    `Temporal at ${address}: the namespace ${namespace} lacks search attributes, and we may not add them. Run this ` +
    `once for Temporal Cloud:\n  tcld namespace search-attributes add --namespace ${namespace} ${types}\n` +
    `or this for a server of your own:\n` +
    `  temporal operator search-attribute create --namespace ${namespace} ${names}`
  );
}
