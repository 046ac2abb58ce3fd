const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // A SAS, also where it is a parameter of a URL within a URL.
  [/(\b|(?<=%[0-9a-f]{2}))(sig|signature)(=|%3D)[^&\s"',;]+/gi, "$2$3…"],
  [
    /(\b|(?<=%[0-9a-f]{2}))(AccountKey|Shared\w*Signature|Shared\w*Key|client_secret|password|pwd|secret)("?\s*(?:[=:]|%3D)\s*"?)[^&\s"',;]+/gi,
    "$2$3…",
  ],
  [/\b(Bearer|Token|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 …"],
  [/\bbh_[\w-]{16,}/g, "bh_…"],
  [/(\/\/[^/\s:@]+):[^/\s@]+@/g, "$1:…@"],
];

/** A text without what could be a secret in it: SAS signatures, account keys, tokens, passwords. */
export function scrub(text: string): string {
  return SECRETS.reduce((scrubbed, [pattern, replacement]) => scrubbed.replace(pattern, replacement), text);
}
