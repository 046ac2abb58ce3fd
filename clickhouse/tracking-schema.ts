import { z } from "zod";
import { readRule } from "../src/domain/tracking-read.ts";

export { ruleAsJson } from "../src/domain/tracking-read.ts";

/** A rule as JSON, in full or in its short form. Says of everything that is wrong what is expected. */
export const TrackingRuleShape = z.unknown().transform((value, context) => {
  const rule = readRule(value, [], (path, message) => {
    context.addIssue({ code: "custom", path: [...path], message });
  });
  return rule ?? z.NEVER;
});
