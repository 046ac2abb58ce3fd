import { InvalidArgumentError, Option } from "commander";
import { BillhouseError } from "./domain/errors.ts";
import { parseBillingPeriod, parseDay, parseMonth } from "./domain/month.ts";
import type { Day, DayRange, Month } from "./domain/month.ts";
import { DATASETS } from "./domain/run.ts";
import { parseDuration } from "./temporal/duration.ts";

/** `--source-name NAME`, any number of times. */
export function sourceNames(otherwise = "all"): Option {
  return new Option("-s, --source-name <name>", `only this source; give it again for more (default: ${otherwise})`)
    .argParser((value: string, previous: readonly string[]) => [...previous, value])
    .default([]);
}

/** `--billing-period PERIOD`, read into days. */
export function billingPeriod(): Option {
  return new Option(
    "-b, --billing-period <period>",
    "only runs that cover a day of it: a month (2026-05) or days (20260501-20260531)",
  ).argParser((value: string): DayRange => read(value, parseBillingPeriod));
}

/** A month like 2026-05. */
export function month(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string): Month => read(value, parseMonth));
}

/** A day like 2026-05-31. */
export function day(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string): Day => read(value, parseDay));
}

/** `--dataset DATASET`. */
export function dataset(description: string): Option {
  return new Option("--dataset <dataset>", description).choices(DATASETS);
}

/** `--json`. */
export function json(): Option {
  return new Option("--json", "machine output on stdout").default(false);
}

/** A switch that is off unless given. */
export function flag(flags: string, description: string): Option {
  return new Option(flags, description).default(false);
}

/** A whole number from `least` to `greatest`. */
export function wholeNumber(flags: string, description: string, least: number, greatest = 2 ** 31 - 1): Option {
  return new Option(flags, description).argParser((value: string) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= greatest) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${greatest}.`);
  });
}

/** A time span such as 90d, read into seconds. */
export function timeSpan(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string): number => read(value, parseDuration));
}

/** A value of our own parsers: what they say becomes Commander's message. */
function read<T>(value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof BillhouseError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}
