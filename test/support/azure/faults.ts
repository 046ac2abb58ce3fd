/** The simulated APIs; each has a queue of faults of its own. */
export const SIMULATED_APIS = [
  "tokens", // of a managed identity; all simulators of a process share them
  "cost-details", // POST generateCostDetailsReport
  "operations", // GET of an operation: how far a report is
  "blobs", // of reports, on a host of their own
  "usage-details", // Microsoft.Consumption/usageDetails
  "query", // POST Microsoft.CostManagement/query: a sum of costs
  "ea", // the EA reporting API: v2, v3 and rest
] as const;

/** One of the simulated APIs. */
export type SimulatedApi = (typeof SIMULATED_APIS)[number];

/** What happens to one request. */
export type Fault =
  /** It is served as ever: for a fault that is to hit a later request. */
  | { readonly kind: "none" }
  /** It is answered with this, and nothing is done. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Only a share (0 to 1) of the right answer's text is sent, with the length of that: a file or JSON that is cut off. */
  | { readonly kind: "cut"; readonly share: number }
  /** The connection is dropped when a share of the right answer has been sent; 0 drops it before the headers. */
  | { readonly kind: "drop"; readonly share: number }
  /** The right answer under a Content-Length that is so many bytes more; the connection ends behind what there is. */
  | { readonly kind: "wrong length"; readonly by: number }
  /** The right answer with other headers beside its own. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> }
  /** The answer before this one is sent once more. */
  | { readonly kind: "repeat" }
  /** It is refused, and the body says in several ways what stood in its Authorization header: as gateways do. */
  | { readonly kind: "echo"; readonly status: number }
  /** No answer, until `letGo` of the simulator. */
  | { readonly kind: "hold" };

/** The request is served as ever: `times` of them, before the fault that follows in the queue. */
export function none(times = 1): Fault[] {
  return repeated({ kind: "none" }, times);
}

/** Headers that ask to be left alone, as Azure's services spell them; the value is seconds or an HTTP date. */
export const THROTTLE_HEADERS = {
  any: "retry-after",
  entity: "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after",
  tenant: "x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after",
  client: "x-ms-ratelimit-microsoft.costmanagement-client-retry-after",
  clientType: "x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after",
  qpu: "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after",
  consumption: "x-ms-ratelimit-microsoft.consumption-retry-after",
} as const;

/** 429, `times` of them, each with these waits by the names of THROTTLE_HEADERS; none of them says nothing. */
export function throttled(
  times = 1,
  waits: Partial<Record<keyof typeof THROTTLE_HEADERS, string | number>> = { any: 0 },
): Fault[] {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(waits)) {
    headers[THROTTLE_HEADERS[name as keyof typeof THROTTLE_HEADERS]] = String(value);
  }
  return answered(429, { times, headers, code: "429", message: "Too many requests. Please retry." });
}

/** A burst of failures of the service. */
export function failed(status: 500 | 502 | 503 | 504 = 503, times = 1, headers: Record<string, string> = {}): Fault[] {
  return answered(status, { times, headers, code: "ServerBusy", message: "The server is busy. Please try again." });
}

/** 401, as for a token that ran out between two polls. */
export function unauthorized(times = 1): Fault[] {
  return answered(401, {
    times,
    headers: { "www-authenticate": 'Bearer error="invalid_token", error_description="The access token has expired"' },
    code: "ExpiredAuthenticationToken",
    message: "The access token expiry is in the past. The current time is later than the expiry.",
  });
}

/** 403, as for an identity without a role. */
export function forbidden(times = 1): Fault[] {
  return answered(403, {
    times,
    code: "AuthorizationFailed",
    message: "The client does not have authorization to perform action over scope or the scope is invalid.",
  });
}

/** Any other status in the shape of Azure's errors. */
export function answered(
  status: number,
  options: { times?: number; headers?: Record<string, string>; code?: string; message?: string } = {},
): Fault[] {
  const { times = 1, headers = {}, code = "BadRequest", message = "The request is wrong." } = options;
  return repeated(
    {
      kind: "answer",
      status,
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      body: JSON.stringify({ error: { code, message } }),
    },
    times,
  );
}

/** A text that is not JSON: a proxy's page, or CSV where JSON was asked for. */
export function text(body: string, contentType = "text/html", status = 200): Fault[] {
  return [{ kind: "answer", status, headers: { "content-type": contentType }, body }];
}

/** The right answer's text ends in the middle: broken JSON, or a blob that is shorter than its report says. */
export function cut(share = 0.5): Fault[] {
  return [{ kind: "cut", share }];
}

/** The connection breaks off after a share of the answer; 0 is before its first byte. */
export function dropped(share = 0.5, times = 1): Fault[] {
  return repeated({ kind: "drop", share }, times);
}

/** The answer promises `by` bytes more than it has. */
export function wrongLength(by = 100): Fault[] {
  return [{ kind: "wrong length", by }];
}

/** The right answer with other headers, such as a Location or a date-valued Retry-After. */
export function withHeaders(headers: Record<string, string>): Fault[] {
  return [{ kind: "headers", headers }];
}

/** The answer before is sent once more: the same page twice. */
export function repeatedAnswer(times = 1): Fault[] {
  return repeated({ kind: "repeat" }, times);
}

/** A gateway's refusal that repeats the credential it was shown, without a name by which one would know it. */
export function echoed(status: number, times = 1): Fault[] {
  return repeated({ kind: "echo", status }, times);
}

/** No answer at all, until `letGo`. */
export function held(): Fault[] {
  return [{ kind: "hold" }];
}

function repeated(fault: Fault, times: number): Fault[] {
  return Array.from({ length: times }, () => fault);
}
