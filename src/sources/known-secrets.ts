/** Shorter ones would cut words out of messages that have nothing to do with them. */
const LEAST_CHARACTERS = 6;
/** Tokens are renewed about every hour. */
const MOST_SECRETS = 1000;

/** What was shown to a service by this process, in each way in which it may be written; in its memory and nowhere else. */
const known = new Set<string>();

/** Remembers a key, a token, a password or a signature, so that no message quotes it, whoever repeats it. */
export function keepSecret(secret: string): void {
  for (const text of new Set([secret, encodeURIComponent(secret), decoded(secret)])) {
    if (text.length < LEAST_CHARACTERS) continue;
    known.delete(text); // the newest are last
    known.add(text);
  }
  for (const oldest of known) {
    if (known.size <= MOST_SECRETS) break;
    known.delete(oldest);
  }
}

/** Remembers what is secret of an Authorization header: all behind its scheme. */
export function keepAuthorization(header: string): void {
  keepSecret(header.replace(/^\S+\s+/, ""));
}

/** Remembers the signature of a link, or of the query of one. */
export function keepSignature(link: string): void {
  const signature = /[?&]sig=([^&#]+)/i.exec(`?${link}`)?.[1];
  if (signature !== undefined) keepSecret(signature);
}

/** A text without any of the secrets that this process has shown to anybody. */
export function withoutKnownSecrets(text: string): string {
  let rest = text;
  for (const secret of known) rest = rest.replaceAll(secret, "…");
  return rest;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // no escape of a url, only a percent sign
  }
}
