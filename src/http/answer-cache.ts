/** An answer that is kept. */
export type CachedAnswer = {
  readonly body: Buffer;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Where an answer came from. */
export type AnswerOrigin = "not modified" | "memory" | "warehouse";

/** Keeps answers in memory, the ones that were used last, up to a number of bytes. */
export type AnswerCache = {
  get(key: string): CachedAnswer | undefined;
  set(key: string, answer: CachedAnswer): void;
  /** What it holds at this moment. */
  readonly byteCount: () => number;
  /** Tells those who listen where an answer came from. */
  tell(origin: AnswerOrigin): void;
  onAnswer(listener: (origin: AnswerOrigin) => void): void;
};

/** What an entry takes besides its body, about. */
const ENTRY_BYTES = 512;

/** Makes a cache; an answer that would fill more than an eighth of it is not kept. */
export function createAnswerCache(maxBytes: number): AnswerCache {
  const answers = new Map<string, CachedAnswer>(); // in the order of their last use
  const listeners: ((origin: AnswerOrigin) => void)[] = [];
  let byteCount = 0;
  const remove = (key: string, answer: CachedAnswer) => {
    answers.delete(key);
    byteCount -= sizeOf(key, answer);
  };
  return {
    get(key) {
      const answer = answers.get(key);
      if (answer === undefined) return undefined;
      answers.delete(key);
      answers.set(key, answer);
      return answer;
    },
    set(key, answer) {
      const size = sizeOf(key, answer);
      if (size > maxBytes / 8) return;
      const previous = answers.get(key);
      if (previous !== undefined) remove(key, previous);
      answers.set(key, answer);
      byteCount += size;
      for (const [oldest, kept] of answers) {
        if (byteCount <= maxBytes) break;
        remove(oldest, kept);
      }
    },
    byteCount: () => byteCount,
    tell(origin) {
      for (const listener of listeners) listener(origin);
    },
    onAnswer: (listener) => void listeners.push(listener),
  };
}

function sizeOf(key: string, { body }: CachedAnswer): number {
  return body.length + 2 * key.length + ENTRY_BYTES;
}
