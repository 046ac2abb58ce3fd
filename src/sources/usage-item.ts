import type { JsonRecord, JsonValue } from "./json-record.ts";
import { isRecord, textOf } from "./json-record.ts";

/** What older versions of the API call the fields of `meterDetails`. */
const METER_NAMES: ReadonlyMap<string, string> = new Map([
  ["unit", "unitOfMeasure"],
  ["meterLocation", "meterRegion"],
]);

/**
 * An item of the Consumption API, legacy or modern, as one flat record: its properties, the details of its meter, its
 * tags, and what it says of itself (id, name, type, kind). Where a name is taken, the other value is kept as `item.name`.
 */
export function flatItem({ properties, ...item }: JsonRecord): JsonRecord {
  if (!isRecord(properties)) return properties === undefined ? item : { ...item, properties };
  const { meterDetails, ...flat } = properties;
  if (isRecord(meterDetails)) {
    const details = Object.entries(meterDetails).map(
      ([name, value]) => [METER_NAMES.get(name) ?? name, value] as const,
    );
    addTo(flat, details, "meterDetails");
  } else if (meterDetails !== undefined && meterDetails !== null) {
    addTo(flat, [["meterDetails", meterDetails]], "properties");
  }
  addTo(flat, Object.entries(item), "item");
  return flat;
}

function addTo(flat: Record<string, JsonValue>, fields: readonly (readonly [string, JsonValue])[], from: string): void {
  for (const [name, value] of fields) {
    const present = Object.hasOwn(flat, name) ? flat[name] : undefined;
    if (present === undefined || present === null) flat[name] = value;
    else if (value !== null && textOf(present) !== textOf(value)) flat[`${from}.${name}`] = value;
  }
}

/** The item's day as it was written; empty where it has none. */
export function dayTextOf(item: JsonRecord): string {
  return textOf(item["date"]).slice(0, 10);
}
