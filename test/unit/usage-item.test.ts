import { stringify } from "lossless-json";
import { describe, expect, test } from "vitest";
import type { JsonRecord, JsonValue } from "../../src/sources/json-record.ts";
import { isRecord, parseJson } from "../../src/sources/json-record.ts";
import { dayTextOf, flatItem } from "../../src/sources/usage-item.ts";

describe("items of usage details", () => {
  test("are flat: properties, details of the meter, tags, and what the item says of itself", () => {
    const item = recordOf(`{
      "id": "/subscriptions/0/usageDetails/1", "name": "1", "type": "Microsoft.Consumption/usageDetails",
      "kind": "legacy", "tags": {"env": "prod"},
      "properties": {
        "date": "2019-04-09T00:00:00.0000000Z", "cost": 0.000001980949998, "meterId": "m",
        "meterDetails": {"meterName": "LRS", "meterCategory": "Storage", "unit": "1 GB", "meterLocation": "EU"}
      }
    }`);
    expect(flat(item)).toEqual({
      date: "2019-04-09T00:00:00.0000000Z",
      cost: "0.000001980949998",
      meterId: "m",
      meterName: "LRS",
      meterCategory: "Storage",
      unitOfMeasure: "1 GB",
      meterRegion: "EU",
      id: "/subscriptions/0/usageDetails/1",
      name: "1",
      type: "Microsoft.Consumption/usageDetails",
      kind: "legacy",
      tags: '{"env":"prod"}',
    });
    expect(dayTextOf(flatItem(item))).toBe("2019-04-09");
  });

  test("keep both values where a name is taken, and one where they are the same", () => {
    const item = recordOf(`{
      "name": "1", "tags": null,
      "properties": {"name": "other", "tags": null, "meterName": "LRS", "unitOfMeasure": null,
        "meterDetails": {"meterName": "GRS", "unitOfMeasure": "1 GB", "serviceFamily": null}}
    }`);
    expect(flat(item)).toEqual({
      name: "other",
      "item.name": "1",
      tags: "null",
      meterName: "LRS",
      "meterDetails.meterName": "GRS",
      unitOfMeasure: "1 GB",
      serviceFamily: "null",
    });
  });

  test("without properties are what they are", () => {
    expect(flat(recordOf('{"id":"1","properties":null}'))).toEqual({ id: "1", properties: "null" });
    expect(flat(recordOf('{"id":"1","properties":{"meterDetails":"text"}}'))).toEqual({
      id: "1",
      meterDetails: "text",
    });
    expect(dayTextOf(recordOf('{"id":"1"}'))).toBe("");
  });
});

function recordOf(json: string): JsonRecord {
  const value = parseJson(json, "here");
  if (!isRecord(value)) throw new Error("no record");
  return value;
}

function flat(item: JsonRecord): Record<string, string> {
  const text = (value: JsonValue) => (typeof value === "string" ? value : (stringify(value) ?? ""));
  return Object.fromEntries(Object.entries(flatItem(item)).map(([name, value]) => [name, text(value)]));
}
