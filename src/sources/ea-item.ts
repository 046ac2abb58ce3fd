import { exactProduct } from "../domain/exact-product.ts";
import type { EaSource } from "../domain/source.ts";
import { textOf } from "./json-record.ts";
import type { JsonRecord } from "./json-record.ts";
import { RECORD_COLUMNS } from "./record-columns.ts";

/** Fields that say the same, best first. */
const DATES = fieldsLike("date");
const ACCOUNTS = fieldsLike("billingaccountid");
const CURRENCIES = fieldsLike("billingcurrency");
const COSTS = fieldsLike("cost");
const ISO = /^(\d{4}-\d\d)-\d\d/;
const MONTH_FIRST = /^(\d\d?)\/\d\d?\/(\d{4})/;

/**
 * Adds to an item what the API does not say of it: the enrolment, which is its billing account in every export, the
 * currency, and its cost with tax, exact to the last digit.
 */
export function completeEaItem(source: EaSource, item: JsonRecord): JsonRecord {
  const { enrollment, currency, taxFactor } = source;
  const names = namesOf(item);
  const added: Record<string, string> = {};
  const add = (field: string, value: string | null) => {
    if (value !== null) added[names.get(field.toLowerCase()) ?? field] = value;
  };
  if (valueOf(item, names, ACCOUNTS) === "") add("BillingAccountId", enrollment);
  if (valueOf(item, names, CURRENCIES) === "") add("BillingCurrency", currency);
  if (taxFactor !== null) add("CostWithTax", exactProduct(valueOf(item, names, COSTS), taxFactor));
  return { ...item, ...added };
}

/** The month of an item's day, such as "2026-05"; empty where it cannot be read, which the load tells better. */
export function monthOfEaItem(item: JsonRecord): string {
  const day = valueOf(item, namesOf(item), DATES);
  const [, month, year] = MONTH_FIRST.exec(day) ?? [];
  return ISO.exec(day)?.[1] ?? (month === undefined ? "" : `${year}-${month.padStart(2, "0")}`);
}

/** The names of an item's fields, which services write in either case, by their names in lower case. */
function namesOf(item: JsonRecord): ReadonlyMap<string, string> {
  return new Map(Object.keys(item).map((name) => [name.toLowerCase(), name]));
}

function valueOf(item: JsonRecord, names: ReadonlyMap<string, string>, fields: readonly string[]): string {
  const texts = fields.map((field) => textOf(item[names.get(field) ?? ""]));
  return texts.find((text) => text !== "") ?? "";
}

function fieldsLike(field: string): readonly string[] {
  return RECORD_COLUMNS.find(({ fields }) => fields.includes(field))?.fields ?? [field];
}
