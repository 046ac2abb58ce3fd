import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { mapHeader } from "../../src/domain/header.ts";
import type { Page } from "../../src/sources/api-pages.ts";
import { streamRecords } from "../../src/sources/csv-records.ts";
import { parseJson, requireRecords } from "../../src/sources/json-record.ts";

describe("items as CSV", () => {
  test("while a page is awaited there are blank lines, and no record is cut", async () => {
    let isAwaited: () => void = () => undefined;
    const hasWaited = new Promise<void>((resolve) => (isAwaited = resolve));
    const page = (cost: number): Page => ({
      place: `page ${cost}`,
      items: requireRecords(parseJson(`[{"cost":${cost}}]`, ""), ""),
    });
    async function* pages(): AsyncGenerator<Page> {
      yield page(1);
      await hasWaited;
      yield page(2);
    }
    let csv = "";
    for await (const chunk of await streamRecords(pages, undefined, 1)) {
      csv += String(chunk);
      if (csv.endsWith("\n\n\n")) isAwaited();
    }
    const rows: Record<string, string>[] = parse(csv, { columns: true, skip_empty_lines: true });
    expect(rows.map((row) => row["CostInBillingCurrency"])).toEqual(["1", "2"]);
  });

  test("numbers keep every digit, and the notation of the API", async () => {
    const [row] = await rowsOf(
      '[{"cost":0.0000496065685939103754949709,"quantity":-5.64902E-05,"effectivePrice":12345678901234567890}]',
    );
    expect(row).toMatchObject({
      CostInBillingCurrency: "0.0000496065685939103754949709",
      Quantity: "-5.64902E-05",
      EffectivePrice: "12345678901234567890",
    });
  });

  test("a byte order mark is no matter", async () => {
    expect(await rowsOf('\uFEFF[{"cost":1}]')).toMatchObject([{ CostInBillingCurrency: "1" }]);
  });

  test("nothing is empty, flags are words, objects are JSON with all their digits", async () => {
    const [row] = await rowsOf(
      '[{"invoiceId":null,"isAzureCreditEligible":false,"tags":{"env":"a \\"b\\"","n":0.1234567890123456789}}]',
    );
    expect(row).toMatchObject({
      InvoiceId: "",
      IsAzureCreditEligible: "false",
      Tags: '{"env":"a \\"b\\"","n":0.1234567890123456789}',
    });
  });

  test.each([
    ["a quote", 'say "yes"'],
    ["a comma", "a,b"],
    ["line ends", "a\r\nb\nc\rd"],
    ["blanks at both ends", "  a\t"],
    ["letters of any script", "Größe 数 🚀"],
    ["nothing but a quote", '"'],
  ])("a text with %s comes through", async (_what, product) => {
    const rows = await rowsOf(
      JSON.stringify([
        { product, cost: 1 },
        { product: "next", cost: 2 },
      ]),
    );
    expect(rows.map((row) => row["ProductName"])).toEqual([product, "next"]);
  });

  test("fields of any kind of item fill one column, the best of them where an item has several", async () => {
    const rows = await rowsOf(
      `[{"cost":1,"billingCurrency":"CAD","Date":"2026-05-01"},
        {"exchangeRate":"1","costInBillingCurrency":2,"exchangeRatePricingToBilling":0.9,"BillingCurrencyCode":"EUR"},
        {"exchangeRate":3}]`,
    );
    expect(rows).toMatchObject([
      { CostInBillingCurrency: "1", BillingCurrency: "CAD", Date: "2026-05-01", exchangeRate: "" },
      { CostInBillingCurrency: "2", BillingCurrency: "EUR", ExchangeRatePricingToBilling: "0.9", exchangeRate: "1" },
      { ExchangeRatePricingToBilling: "3", exchangeRate: "" },
    ]);
  });

  test("no field is lost: those of the first items have columns, later and odd ones are JSON", async () => {
    const rows = await rowsOf(
      '[{"cost":1,"newThing":"a","@odata.etag":"x","Cost":7,"BilledCost":8,"date":"2026-05-01","Date":"other"}]',
      '[{"cost":2,"NewThing":"b","laterThing":{"deep":[1.10]}}]',
    );
    expect(rows).toMatchObject([
      {
        Date: "2026-05-01",
        CostInBillingCurrency: "1",
        newThing: "a",
        AdditionalProperties: '{"@odata.etag":"x","Cost":7,"BilledCost":8,"Date":"other"}',
      },
      { CostInBillingCurrency: "2", newThing: "b", AdditionalProperties: '{"laterThing":{"deep":[1.10]}}' },
    ]);
  });

  test.each(["actual", "amortized", "usage"] as const)("the header is one of a file with %s costs", async (dataset) => {
    const [header = []] = parse(
      await csvOf('[{"cost":1,"date":"2026-05-01","subscriptionId":1,"x_BilledCostInUsd":1}]'),
    );
    const { mapped } = mapHeader(header, dataset, "here");
    const names = mapped.map(({ canonical }) => canonical);
    expect(names).toContain(
      dataset === "amortized" ? "amortized_cost_in_billing_currency" : "cost_in_billing_currency",
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test("no items are a header alone", async () => {
    expect(await rowsOf()).toEqual([]);
    expect(await rowsOf("[]")).toEqual([]);
  });

  test("a page with the items of an earlier one ends the stream", async () => {
    await expect(csvOf('[{"cost":1}]', '[{"cost":2}]', "[]", "[]", '[{"cost":1}]')).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/^page 5: .*earlier page once more: try again/) as string,
    });
  });

  test("not more than one page is read ahead", async () => {
    let read = 0;
    async function* pages(): AsyncGenerator<Page> {
      for (read = 1; read <= 50; read++) yield pageOf(read, `[{"cost":${read},"product":"${"x".repeat(200_000)}"}]`);
    }
    const stream = await streamRecords(pages);
    const chunks: AsyncIterator<Buffer> = stream.iterator();
    let rows = -1; // of the header
    while (rows < 10) rows += String((await chunks.next()).value).split("\n").length - 1;
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBeLessThanOrEqual(rows + 2);
    stream.destroy();
  });

  test("who leaves early stops the pages, and who aborts gets their own reason", async () => {
    const stop = new AbortController();
    let seen: AbortSignal | undefined;
    let closed = 0;
    async function* pages(signal: AbortSignal): AsyncGenerator<Page> {
      seen = signal;
      try {
        for (let number = 1; ; number++) yield pageOf(number, `[{"cost":${number}}]`);
      } finally {
        closed++;
      }
    }
    (await streamRecords(pages)).destroy();
    await expect.poll(() => closed).toBe(1);
    expect(seen?.aborted).toBe(true);
    const stream = await streamRecords(pages, stop.signal);
    const reading = text(stream);
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toMatchObject({ cause: { message: "enough" } });
    await expect.poll(() => closed).toBe(2);
  });
});

function pageOf(number: number, json: string): Page {
  const place = `page ${number}`;
  return { place, items: requireRecords(parseJson(json, place), place) };
}

async function csvOf(...pages: readonly string[]): Promise<string> {
  async function* all(): AsyncGenerator<Page> {
    yield* pages.map((json, index) => pageOf(index + 1, json));
  }
  return text(await streamRecords(all));
}

async function rowsOf(...pages: readonly string[]): Promise<Record<string, string>[]> {
  return parse(await csvOf(...pages), { columns: true });
}
