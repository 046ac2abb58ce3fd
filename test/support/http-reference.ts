import { createHash } from "node:crypto";
import Big from "big.js";
import type { LightMyRequestResponse } from "fastify";
import { CUSTOMER_TENANT, type DataLine, PARTNERED, sumOf } from "./http-data.ts";

/** JSON whose numbers are texts with all their digits. */
export type ExactJson = string | boolean | null | readonly ExactJson[] | { readonly [key: string]: ExactJson };

/** A row of a summary as it should be. */
export type SummaryRow = { readonly [key: string]: ExactJson };

/** An answer's JSON with every digit of its numbers; throws when it was not answered. */
export function exactJson({ statusCode, body }: Pick<LightMyRequestResponse, "statusCode" | "body">): ExactJson {
  if (statusCode !== 200) throw new Error(`${statusCode} ${body}`);
  const outsideOfTexts = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
  return JSON.parse(
    body.replaceAll(outsideOfTexts, (word) => (word.startsWith('"') ? word : `"${word}"`)),
  ) as ExactJson;
}

/** A text or number of a row; empty where it is neither. */
export function textOf(row: SummaryRow, key: string): string {
  const value = row[key];
  return typeof value === "string" ? value : "";
}

/** Lines added up by what they are grouped by, the dearest first: what the service should answer, worked out plainly. */
export function summaryOf(
  lines: readonly DataLine[],
  groups: Readonly<Record<string, (line: DataLine) => string>>,
  totals: readonly string[] = ["total_usd", "total_billing"],
): SummaryRow[] {
  const byGroup = new Map<string, DataLine[]>();
  for (const line of lines) {
    const key = JSON.stringify(Object.values(groups).map((valueOf) => valueOf(line)));
    byGroup.set(key, [...(byGroup.get(key) ?? []), line]);
  }
  const rows = [...byGroup].map(([key, found]) => {
    const values = JSON.parse(key) as string[];
    const names = Object.fromEntries(Object.keys(groups).map((name, index) => [name, values[index] ?? ""]));
    const usd = found.every((line) => line.usd === null) ? null : sumOf(found, (line) => line.usd);
    const billing =
      new Set(found.map(({ charge }) => charge.currency)).size > 1 ? null : sumOf(found, ({ charge }) => charge.cost);
    const sums = Object.fromEntries(totals.map((name) => [name, name === "total_billing" ? billing : usd]));
    const left = notConvertible(found);
    return { ...names, ...sums, ...(left.length === 0 ? {} : { not_convertible: left }) };
  });
  const dear = (row: SummaryRow, name: string) => (typeof row[name] === "string" ? new Big(row[name]) : new Big(-1e9));
  return rows.toSorted(
    (a, b) => dear(b, "total_usd").cmp(dear(a, "total_usd")) || dear(b, "total_billing").cmp(dear(a, "total_billing")),
  );
}

/** What of the lines is not known in USD, by currency. */
export function notConvertible(lines: readonly DataLine[]): { billing_currency: string; amount: string }[] {
  const left = lines.filter(({ usd }) => usd === null);
  return [...new Set(left.map(({ charge }) => charge.currency))].toSorted().map((currency) => ({
    billing_currency: currency,
    amount: sumOf(left, ({ charge }) => (charge.currency === currency ? charge.cost : null)),
  }));
}

/** An item of a list, or nothing. */
export type ReferenceItem = { readonly [key: string]: unknown } | null;

/** The customer of the partner's file. */
export const CUSTOMER = { id: md5(`customer/${CUSTOMER_TENANT}`), tenant_id: CUSTOMER_TENANT, name: "Contoso" };

/** A subscription as lists show it. */
export function subscriptionItem(id: string, name: string): ReferenceItem {
  if (id === "") return null;
  return { id: md5(`subscription/${id}`), subscription_id: id, name, customer: id === PARTNERED ? CUSTOMER : null };
}

/** The resource of a line. */
export function resourceItem({ charge }: DataLine): ReferenceItem {
  const id = charge.resourceId.toLowerCase();
  if (id === "") return null;
  return {
    id: md5(`resource/${id}`),
    resource_id: id,
    resource_name: charge.resourceName,
    name: charge.resourceName,
    resource_group: charge.resourceGroup.toLowerCase(),
    location: charge.resourceLocation,
  };
}

/** The meter of a line. */
export function meterItem({ charge }: DataLine): ReferenceItem {
  if (charge.meterId === "") return null;
  return {
    id: md5(`meter/${charge.meterId}`),
    meter_id: charge.meterId,
    name: charge.meterName,
    category: charge.meterCategory,
    subcategory: charge.meterSubCategory,
    service_family: charge.serviceFamily,
    unit: charge.unitOfMeasure,
  };
}

/** The id of the snapshot that a line came with. */
export function snapshotId({ source, run }: DataLine): string {
  const { scope, exportName, dataset, days, runId } = run.delivery;
  const name = `${scope}/providers/microsoft.costmanagement/exports/${exportName}`.toLowerCase();
  return md5(["snapshot", source, name, dataset, `${days.first.slice(0, 7)}-01`, runId].join("/"));
}

/** The id of the cost entry that a line is. */
export function entryId(line: DataLine): string {
  return `${snapshotId(line)}-${md5(line.run.partPaths[0] ?? "").slice(0, 8)}-${line.line}`;
}

/** Each item once, by the text of a key, in its order. */
export function distinctItems(items: readonly ReferenceItem[], key: string): ReferenceItem[] {
  const byKey = new Map(items.flatMap((item) => (item === null ? [] : [[String(item[key]), item] as const])));
  return [...byKey.keys()].toSorted().map((text) => byKey.get(text) ?? null);
}

/** All pages of a list, each as the link of the one before says. */
export async function followPages(
  get: (url: string) => Promise<LightMyRequestResponse>,
  first: string,
): Promise<(readonly SummaryRow[])[]> {
  const pages: (readonly SummaryRow[])[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const answer: LightMyRequestResponse = await get(next);
    pages.push(exactJson(answer) as readonly SummaryRow[]);
    next = /^<(.+)>; rel="next"$/.exec(String(answer.headers["link"] ?? ""))?.[1];
  }
  return pages;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
