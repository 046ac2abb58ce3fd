import { createHash } from "node:crypto";

/** Of so many texts each is remembered, in some 20 MB. */
const MOST_TEXTS = 2 ** 18;

/**
 * Tells whether a text came before. Memory is constant: of more texts than `most` only every second is remembered, of
 * twice as many every fourth, chosen by what they are, so that a text that is looked for is there or never was. A
 * thousand texts that come twice are noticed among many millions; what is told is certain, fingerprints have 128 bits.
 */
export function createSeenTexts(most = MOST_TEXTS): (text: string) => boolean {
  let known = new Set<string>();
  let share = 1;
  const isKept = (key: string) =>
    (key.charCodeAt(0) + key.charCodeAt(1) * 256 + key.charCodeAt(2) * 65536) % share === 0;
  return (text) => {
    const key = createHash("sha256").update(text).digest().toString("latin1", 0, 16);
    if (!isKept(key)) return false;
    if (known.has(key)) return true;
    known.add(key);
    if (known.size > most) {
      share *= 2;
      known = new Set([...known].filter(isKept));
    }
    return false;
  };
}
