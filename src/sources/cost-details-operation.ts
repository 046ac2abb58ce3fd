import { ApiError, InvalidRequestError } from "../domain/errors.ts";

/** The version of Azure's API that is spoken. */
export const API_VERSION = "2025-03-01";

/** Where Azure's management API may send to. */
export type ManagementHosts = {
  /** The one that is asked, such as `https://management.azure.com`. */
  readonly management: string;
  /** The cloud's own, which stands in the answers also where a gateway is asked. */
  readonly cloudManagement: string;
};

const SECRET_PARAMETER = /^(sig|signature|code|key|subscription-key|sas|token|access_token)=/i;

/**
 * Where Azure says to look, as an operation: path and query, to be put behind the management API's url. Nobody is
 * followed to another host than that which the token is for; throws ApiError instead.
 */
export function operationAt(location: string, { management, cloudManagement }: ManagementHosts): string {
  const asked = new URL(management);
  const url = URL.canParse(location, management) ? new URL(location, management) : undefined;
  if (url === undefined || ![asked.origin, new URL(cloudManagement).origin].includes(url.origin)) {
    throw new ApiError(`${management}: sends to ${url?.host ?? "nowhere"}, where no token is sent to: try again`);
  }
  const gateway = asked.pathname.replace(/\/$/, ""); // a gateway may answer below a path of its own
  const isBelow = url.origin === asked.origin && url.pathname.startsWith(`${gateway}/`);
  const query = url.search
    .slice(1)
    .split("&")
    .filter((parameter) => parameter !== "" && !SECRET_PARAMETER.test(parameter));
  return [isBelow ? url.pathname.slice(gateway.length) : url.pathname, query.join("&")].filter(Boolean).join("?");
}

/** Where the results of an operation are, by its id. */
export function operationOf(scope: string, id: string): string {
  const path = `${scope}/providers/Microsoft.CostManagement/costDetailsOperationResults`;
  return `${path}/${encodeURIComponent(id)}?api-version=${API_VERSION}`;
}

/** What an operation is known by: the last word of its path. */
export function operationIdOf(operation: string): string {
  return nameOfOperation(operation).replace(/^.*\//s, "");
}

/** How messages name an operation. */
export function nameOfOperation(operation: string): string {
  return operation.replace(/[?#].*$/s, "");
}

/** A report's operation and a blob's number in it, as a part is named: no more than is needed to open it. */
export function partPathOf(operation: string, index: number): string {
  const usual = `?api-version=${API_VERSION}`;
  return `${operation.endsWith(usual) ? operation.slice(0, -usual.length) : operation}#${index + 1}`;
}

/** Reads what `partPathOf` wrote; throws InvalidRequestError on anything else. */
export function parsePartPath(path: string): { readonly operation: string; readonly index: number } {
  const [, where, number] = /^(\/[^#]*)#([1-9]\d*)$/s.exec(path) ?? [];
  if (where === undefined) {
    throw new InvalidRequestError(`${path}: is not a part of a report: import its month again`);
  }
  return {
    operation: where.includes("?") ? where : `${where}?api-version=${API_VERSION}`,
    index: Number(number) - 1,
  };
}
