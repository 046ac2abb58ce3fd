/** A repeatable source of choices: the same seed makes the same choices on every machine. */
export type Random = {
  /** A whole number from 0 up to, not including, `bound`. */
  readonly below: (bound: number) => number;
  /** One of the items, each as likely as the other. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** Something that looks like a GUID. */
  readonly guid: () => string;
  /** `count` decimal digits. */
  readonly digits: (count: number) => string;
};

/** Creates a repeatable source of choices from any text. */
export function createRandom(seed: string): Random {
  let state = hash(seed);

  // mulberry32: 32 bits of state are enough to make rows look different from each other.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 0x1_0000_0000) * bound);
  const hex = () => next().toString(16).padStart(8, "0");

  return {
    below,
    pick: <T>(items: readonly T[]) => {
      if (items.length === 0) throw new RangeError("Nothing to pick from: give at least one item");
      return items[below(items.length)] as T;
    },
    guid: () => {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()];
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
    digits: (count) => Array.from({ length: count }, () => below(10)).join(""),
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value | 0;
}
