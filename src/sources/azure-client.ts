import { randomUUID } from "node:crypto";
import axios, { AxiosError } from "axios";
import type { AxiosResponse } from "axios";
import axiosRetry, { isNetworkError } from "axios-retry";
import { ApiRefusalError, ConfigurationError } from "../domain/errors.ts";
import { apiFailure, failureKindOf } from "./azure-failure.ts";
import { keepAuthorization } from "./known-secrets.ts";
import { secondsToWait } from "./retry-after.ts";

/** What to ask one of Azure's APIs. */
export type AzureRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
};

/** What it answered; the text as it came, since a number in it may have more digits than JavaScript's. */
export type AzureAnswer = {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** Asks one of Azure's JSON APIs. */
export type AzureClient = { ask(request: AzureRequest): Promise<AzureAnswer> };

/** Waits until a request may be sent; throws ThrottledError where that is longer than so many seconds. */
export type Pass = (request: AzureRequest, longestWaitSeconds: number) => Promise<void>;

/** How a client behaves. */
export type AzureClientOptions = {
  /** The value of the Authorization header; a fresh one where the last was refused. */
  readonly authorize: (isRefused: boolean) => Promise<string>;
  /** What to do where a role is missing, and where nobody is signed in. */
  readonly grant: string;
  readonly signIn: string;
  /** Keeps the API's quota; asked before every request, also before those that are repeated. */
  readonly pass?: Pass;
  /** Whoever is asked to wait longer does something else meanwhile: the failure says when to come back. 30 by default. */
  readonly longestWaitSeconds?: number;
  /** How long nothing may happen on a connection before it is given up; 90 seconds by default. */
  readonly timeoutMs?: number;
  /** How long an answer may be; 500 MB by default, since it has to fit into one text. */
  readonly mostBytes?: number;
  /** The first wait before a failed request is repeated; each later one is twice as long, up to 20 seconds. */
  readonly firstWaitMs?: number;
};

const TIMEOUT_MS = 90_000; // Azure's gateway gives up after 60 s
const MOST_BYTES = 500_000_000; // the engine's texts end at 536 million characters
const RETRIES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_BACKOFF_MS = 20_000;
const LONGEST_WAIT_SECONDS = 30;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * A client that is polite: it waits as long as the service asks, and else twice as long each time with some chance in
 * it, and renews a token that ran out. Throws AuthenticationError, PermissionError, ApiRefusalError, ThrottledError with
 * the seconds to wait, or ApiError; none of them carries the request with its headers.
 */
export function createAzureClient(options: AzureClientOptions): AzureClient {
  const { authorize, grant, signIn, pass, timeoutMs = TIMEOUT_MS, firstWaitMs = FIRST_WAIT_MS } = options;
  const { longestWaitSeconds = LONGEST_WAIT_SECONDS, mostBytes = MOST_BYTES } = options;
  const http = axios.create({
    timeout: timeoutMs,
    maxContentLength: mostBytes,
    responseType: "text",
    transformResponse: [],
    maxRedirects: 0, // a token is for the host that it was asked for
    headers: { accept: "application/json", "content-type": "application/json", "user-agent": "billhouse" },
  });
  axiosRetry(http, {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryCondition: (error) => isWorthwhile(error, longestWaitSeconds),
    retryDelay: (count, error) => waitMs(count, error, firstWaitMs),
  });

  async function send(request: AzureRequest, id: string, authorization: string): Promise<AxiosResponse<string>> {
    const { method, url, body, signal } = request;
    keepAuthorization(authorization);
    let last: AxiosError | undefined;
    return http.request<string>({
      "axios-retry": { onRetry: (_count, error) => void (last = error) },
      method,
      url,
      headers: { authorization, "x-ms-client-request-id": id },
      // What sends is called anew for every repetition, and each of them counts.
      adapter: async (config) => {
        await pass?.(request, longestWaitSeconds).catch((error: unknown) => {
          if (last === undefined) throw error;
          givenUp.add(last); // why it had to be repeated says more than that there is no time for it now
          throw last;
        });
        return axios.getAdapter("http")(config);
      },
      ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  return {
    async ask(request) {
      const id = randomUUID();
      requirePrivate(request.url);
      try {
        const authorization = await authorize(false);
        const answer = await send(request, id, authorization).catch(async (error: unknown) => {
          if (statusOf(error) !== 401) throw error;
          const renewed = await authorize(true);
          if (renewed === authorization) throw error;
          return send(request, id, renewed);
        });
        return { status: answer.status, headers: headersOf(answer), text: answer.data };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (!(error instanceof AxiosError)) throw error;
        const place = `${request.method} ${request.url.replace(/[?#].*$/s, "")}`;
        if (isTooLong(error)) {
          throw new ApiRefusalError(
            `${place}: the answer is longer than ${mostBytes / 1e6} MB: ask for it in pages; of an ea source by its api usage-report-v3`,
          );
        }
        throw apiFailure({
          place,
          ...failedAnswer(error, id),
          grant,
          signIn,
        });
      }
    },
  };
}

/** A token or key is only sent where nobody can read it on its way. */
function requirePrivate(url: string): void {
  const { protocol, hostname, host } = new URL(url);
  if (protocol === "https:" || LOOPBACK.test(hostname)) return;
  throw new ConfigurationError(`${protocol}//${host}: credentials are only sent over https: correct the source's url`);
}

function failedAnswer(error: AxiosError, id: string) {
  const response = error.response as AxiosResponse<string> | undefined;
  const network = `${error.code ?? ""} ${error.message}`.trim();
  if (response === undefined || isBrokenOff(error)) {
    return { status: null, headers: { "x-ms-client-request-id": id }, text: network };
  }
  return { status: response.status, headers: headersOf(response), text: response.data };
}

/** Whether an answer began well, and then its connection broke. */
function isBrokenOff({ response }: AxiosError): boolean {
  return response !== undefined && response.status >= 200 && response.status < 300;
}

/** Failures of requests that were to be repeated when their quota was used up. */
const givenUp = new WeakSet<AxiosError>();

function isWorthwhile(error: AxiosError, longestWaitSeconds: number): boolean {
  if (givenUp.has(error)) return false;
  if (error.code === "ERR_CANCELED" || isTooLong(error)) return false;
  if (error.response === undefined) return isNetworkError(error) || error.code === "ECONNABORTED";
  if (isBrokenOff(error)) return true;
  const kind = failureKindOf(error.response.status);
  if (kind !== "throttled" && kind !== "transient") return false;
  return (askedSeconds(error) ?? 0) <= longestWaitSeconds;
}

/** The library has no code of its own for it. */
function isTooLong({ message }: AxiosError): boolean {
  return message.startsWith("maxContentLength size of");
}

function waitMs(count: number, error: AxiosError, firstWaitMs: number): number {
  const most = Math.min(firstWaitMs * 2 ** (count - 1), LONGEST_BACKOFF_MS);
  const backoff = most / 2 + (Math.random() * most) / 2;
  return Math.max(backoff, (askedSeconds(error) ?? 0) * 1000);
}

function askedSeconds({ response }: AxiosError): number | null {
  return response === undefined ? null : secondsToWait(headersOf(response), Date.now());
}

function statusOf(error: unknown): number | null {
  return error instanceof AxiosError ? (error.response?.status ?? null) : null;
}

function headersOf({ headers }: Pick<AxiosResponse, "headers">): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
