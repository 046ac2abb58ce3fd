/** Which of the two contracts a path belongs to: /api/ keeps an earlier service's, all else is ours. */
export type Surface = "api" | "v1";

/** The surface of a request's URL. */
export function surfaceOf(url: string): Surface {
  return /^\/api(?:[/?]|$)/.test(url) ? "api" : "v1";
}

/** What may be asked without a token. */
export function isOpen(url: string): boolean {
  return /^\/(?:healthz|readyz|openapi\.json|docs)\/?(?:\?|$)|^\/docs\//.test(url);
}
