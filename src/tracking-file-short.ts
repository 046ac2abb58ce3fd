import { isDeepStrictEqual } from "node:util";
import { SHORT_TARGET, shortRule } from "./domain/tracking-rule.ts";
import type { TrackingRule } from "./domain/tracking-rule.ts";

/** What the short form says of a rule; what is as it would be anyway is not there. */
export type ShortForm = {
  readonly [SHORT_TARGET]: string;
  readonly priority?: number;
  readonly name?: string;
  /** Other targets than the text itself. */
  readonly targets?: Readonly<Record<string, string>>;
};

/** The short form of a rule that it is read as again; undefined where the rule says more. */
export function shortFormOf({ id, priority, name, match, targets }: TrackingRule): ShortForm | undefined {
  const { [SHORT_TARGET]: text, ...others } = targets;
  if (text === undefined) return undefined;
  const short = shortRule(id, text);
  if (!isDeepStrictEqual(match, short.match)) return undefined;
  return {
    ...(priority === short.priority ? {} : { priority }),
    ...(name === short.name ? {} : { name }),
    [SHORT_TARGET]: text,
    ...(Object.keys(others).length === 0 ? {} : { targets: others }),
  };
}
