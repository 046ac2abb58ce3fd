import { z } from "zod";
import type { Warehouse } from "./client.ts";
import { defineQuery, Moment } from "./query.ts";

/** Tells whether something was edited by hand that answers show beside the publications. */
export type Edits = {
  /** Another text after an edit: at once for those of this process, after two seconds for those of others. */
  version(): Promise<string>;
  /** To be called after an edit of this process. */
  forget(): void;
};

const FRESH_MS = 2_000;

const askNewest = defineQuery<Record<string, never>, { edited_at: string }>(
  "newest-edit",
  z.object({ edited_at: Moment }),
);

/** The edits of a warehouse. */
export function createEdits(warehouse: Warehouse): Edits {
  let asked: Promise<string> | undefined;
  let staleAt = 0;

  async function ask(): Promise<string> {
    const [row] = await askNewest(warehouse, {});
    return row?.edited_at ?? "";
  }

  return {
    async version() {
      if (asked === undefined || performance.now() >= staleAt) {
        const question = ask();
        asked = question;
        staleAt = performance.now() + FRESH_MS;
        question.catch(() => {
          if (asked === question) asked = undefined;
        });
      }
      return asked;
    },
    forget() {
      asked = undefined;
    },
  };
}
