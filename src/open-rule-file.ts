import type { RulePath } from "./domain/tracking-match.ts";
import type { Mistake, Place } from "./yaml-file.ts";

/** What a file says, before it is known whether these are rules. */
export type OpenRuleFile = {
  readonly fallback: unknown;
  readonly fallbackPlace: Place;
  readonly rules: readonly unknown[];
  /** Where a setting of a rule begins, by the rule's place in the list. */
  readonly placeOf: (index: number, path: RulePath) => Place;
  /** Where the text of a setting has one of its characters; where it begins if that cannot be told. */
  readonly placeInText: (index: number, path: RulePath, character: number) => Place;
  /** What is wrong with the file as such. */
  readonly mistakes: readonly Mistake[];
};
