import { ApiRefusalError } from "../domain/errors.ts";
import type { AzureAnswer } from "./azure-client.ts";

/** Throws ApiRefusalError for an answer that is a web page: of a proxy, of a sign-in, of another service. */
export function requireData({ status, text }: AzureAnswer, place: string): void {
  if (!/^\s*</.test(text)) return;
  throw new ApiRefusalError(`${place}: answers ${status} with a web page: check the source's endpoint, and proxies`);
}
