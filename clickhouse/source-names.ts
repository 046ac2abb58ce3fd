import { z } from "zod";
import { defineQuery } from "./query.ts";

/** Every name that a source has or had: those of the list, and those of which something was ever loaded. */
export const listSourceNames = defineQuery<Record<string, never>, { name: string }>(
  "source-names",
  z.object({ name: z.string() }),
);
