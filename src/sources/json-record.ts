import { isLosslessNumber, parse, stringify } from "lossless-json";
import type { LosslessNumber } from "lossless-json";
import { ApiError } from "../domain/errors.ts";
import { withoutSecrets } from "./azure-failure.ts";

/** A value of JSON whose numbers keep every digit. */
export type JsonValue = string | LosslessNumber | boolean | null | readonly JsonValue[] | JsonRecord;

/** An object of JSON. */
export type JsonRecord = { readonly [name: string]: JsonValue };

const PROBLEM_LENGTH = 120;

/** Reads JSON, also behind a byte order mark. Throws ApiError, with `place` in front, when it is none. */
export function parseJson(text: string, place: string): JsonValue {
  try {
    return parse(text.replace(/^\uFEFF/, "")) as JsonValue;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(place, `is not JSON (${withoutSecrets(problem).slice(0, PROBLEM_LENGTH)})`);
  }
}

/** Whether a value is an object. */
export function isRecord(value: JsonValue | undefined): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** The value as a list of objects. Throws ApiError, with `place` in front, when it is something else. */
export function requireRecords(value: JsonValue | undefined, place: string): readonly JsonRecord[] {
  if (!Array.isArray(value)) throw unreadable(place, "holds no list of items");
  const items: readonly JsonValue[] = value;
  const wrong = items.findIndex((item) => !isRecord(item));
  if (wrong !== -1) throw unreadable(place, `holds something else than an object as item ${wrong + 1}`);
  return items.filter(isRecord);
}

/** A value as the text of a field: nothing for null, every digit of a number, JSON for what has parts. */
export function textOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  return isLosslessNumber(value) ? value.value : (stringify(value) ?? "");
}

/** What to say of an answer that cannot be read. */
export function unreadable(place: string, problem: string): ApiError {
  return new ApiError(`${place}: the answer ${problem}: try again, then tell Microsoft's support`);
}
