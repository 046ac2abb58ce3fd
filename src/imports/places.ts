/** Places for so many who work at once; the others wait for their turn. */
export function createPlaces(count: number) {
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function enter(): Promise<void> {
    if (taken < count) taken++;
    else await new Promise<void>((resolve) => waiting.push(resolve)); // until one that leaves gives its place
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) taken--;
    else next();
  }

  /** Works as soon as there is a place. */
  async function inside<Result>(work: () => Promise<Result>): Promise<Result> {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Waits for something that needs no place, which another one has meanwhile; only while it has one. */
  async function aside(wait: () => Promise<void>): Promise<void> {
    leave();
    try {
      await wait();
    } finally {
      await enter();
    }
  }

  return { inside, aside };
}
