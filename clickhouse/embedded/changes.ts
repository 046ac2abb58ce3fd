import { randomUUID } from "node:crypto";

/** The header of `/ping` that tells of changes. */
export const CHANGES_HEADER = "x-billhouse-changes";

/** What it says while a statement that may change something is under way. */
export const CHANGING = "changing";

/**
 * Counts the statements that may have changed something. Every one passes through here, so who is told the same text
 * twice knows that in between nothing has changed, and need not ask the engine. An asynchronous insert would be seen
 * later than it ends; nothing here makes one.
 */
export class Changes {
  readonly #instance = randomUUID();
  #ended = 0;
  #underWay = 0;

  /** To be called before such a statement; what it gives, when the statement has ended. */
  begin(): () => void {
    this.#underWay++;
    return () => {
      this.#underWay--;
      this.#ended++;
    };
  }

  text(): string {
    return this.#underWay > 0 ? CHANGING : `${this.#instance}-${this.#ended}`;
  }
}
