import { z } from "zod";
import type { Warehouse } from "../clickhouse/client.ts";
import { migrate } from "../clickhouse/migrate.ts";
import { formatBytes, formatCount } from "../src/commands/format.ts";
import { formatTable } from "../src/commands/table.ts";
import { download } from "./download.ts";
import { formatFigure, formatJudgement, judge } from "./goals.ts";
import type { Judgement } from "./goals.ts";
import { requireAnswers, sendRequests } from "./http-traffic.ts";
import type { Get, Traffic } from "./http-traffic.ts";
import { inWarehouse } from "./in-warehouse.ts";
import { countOption } from "./mode.ts";
import type { Mode, Note } from "./mode.ts";
import { MONTHS, provideReadsWarehouse } from "./reads-warehouse.ts";
import { withMemoryOf, withService } from "./with-service.ts";
import type { Memory, OpenService } from "./with-service.ts";

/** The HTTP service in front of a year of costs. */
export const http: Mode = {
  name: "http",
  describes: `requests to the HTTP service over a warehouse of ${MONTHS} months with three publications each`,
  options: [
    countOption("--rows <count>", "rows that count, over all months; three times as many are stored", 10_000_000),
    countOption("--repetitions <count>", "how often each summary is asked for", 100),
    countOption("--seconds <count>", "for how long summaries are asked for at a steady rate", 30),
    countOption("--rate <count>", "how many of them in a second", 300),
    countOption("--entries <count>", "how many cost entries are read as CSV", 1_000_000),
  ],
  async run(given, note) {
    const options = Options.parse(given);
    const { dataDir, rowCount } = await provideReadsWarehouse(options.rows, note);
    const figures = await inWarehouse(dataDir, async ({ warehouse }) => {
      await migrate(warehouse);
      const facts = await readFacts(warehouse, options.entries);
      return withService(warehouse, (service) => measure(service, facts, options, note));
    });
    const goals = goalsOf(figures, options);
    return { text: textOf(figures, goals, options, rowCount), figures: { rowCount, ...figures, goals } };
  },
};

const Options = z.object({
  rows: z.number(),
  repetitions: z.number(),
  seconds: z.number(),
  rate: z.number(),
  entries: z.number(),
});
type Options = z.infer<typeof Options>;

/** Months that can be asked for, and days that together have as many entries as are to be read. */
type Facts = {
  readonly months: readonly { readonly first: string; readonly last: string }[];
  readonly from: string;
  readonly to: string;
  readonly entries: number;
};

type Figures = {
  readonly summaries: readonly (Traffic & { readonly name: string })[];
  /** All of them together. */
  readonly uncached: Traffic;
  readonly cached: Traffic;
  readonly notModified: Traffic;
  readonly sustained: Traffic & { readonly memory: Memory };
  readonly csv: {
    readonly entries: number;
    readonly bytes: number;
    readonly seconds: number;
    readonly bytesPerSecond: number;
    readonly memory: Memory;
  };
};

const SUMMARIES = [
  "subscription-summary",
  "resource-group-summary",
  "meter-category-summary",
  "region-summary",
  "virtual-machines-summary",
];
const NO_STORE = { "cache-control": "no-store" };
const CONNECTIONS = 20;
/** Autocannon sends so many more than are to be answered, since the first second begins late. */
const RATE_SURPLUS = 1.02;
/** Of ten requests of a dashboard: one asks for something new, three have an answer that may still hold. */
const OF_TEN = { uncached: 1, conditional: 3 };

const MonthRow = z.object({ first: z.string(), last: z.string() });
const DayRow = z.object({ from: z.string(), to: z.string(), entries: z.coerce.number() });

async function readFacts(warehouse: Warehouse, wanted: number): Promise<Facts> {
  const months = await warehouse.rows(
    `SELECT toString(min(date)) AS first, toString(toLastDayOfMonth(min(date))) AS last
    FROM costs_daily GROUP BY toStartOfMonth(date) ORDER BY first`,
  );
  const days = await warehouse.rows(
    `SELECT
      toString((SELECT min(date) FROM costs_daily)) AS from,
      toString(addDays(date, 1)) AS to,
      sum(sum(entries)) OVER (ORDER BY date) AS entries
    FROM costs_daily GROUP BY date ORDER BY date`,
  );
  const reached = z.array(DayRow).min(1).parse(days);
  const chosen = reached.find(({ entries }) => entries >= wanted) ?? reached.at(-1);
  if (chosen === undefined) throw new Error("The warehouse is empty");
  return { months: z.array(MonthRow).parse(months), ...chosen };
}

async function measure(service: OpenService, facts: Facts, options: Options, note: Note): Promise<Figures> {
  const { repetitions, seconds, rate } = options;
  const pathsOf = (name: string) =>
    facts.months.map(({ first, last }) => `/api/costs/${name}/?date_from=${first}&date_to=${last}`);
  const summaries = [];
  for (const name of SUMMARIES) {
    const requests = pathsOf(name).map((path) => ({ path, headers: NO_STORE }));
    await sendRequests(service, { requests, amount: requests.length }); // to get warm
    const traffic = await sendRequests(service, { requests, amount: repetitions });
    requireAnswers(name, traffic, ["200"]);
    note(`${name}: p50 ${formatFigure(traffic.p50)} ms, p99 ${formatFigure(traffic.p99)} ms`);
    summaries.push({ name, ...traffic });
  }
  const paths = SUMMARIES.flatMap(pathsOf);
  const amount = SUMMARIES.length * repetitions;
  const uncached = await sendRequests(service, {
    requests: paths.map((path) => ({ path, headers: NO_STORE })),
    amount,
  });
  requireAnswers("summaries", uncached, ["200"]);
  const plain = paths.map((path) => ({ path }));
  await sendRequests(service, { requests: plain, amount: plain.length });
  const cached = await sendRequests(service, { requests: plain, amount });
  requireAnswers("summaries in memory", cached, ["200"]);
  const conditional = await Promise.all(paths.map((path) => conditionalOf(service, path)));
  const notModified = await sendRequests(service, { requests: conditional, amount });
  requireAnswers("summaries that have not changed", notModified, ["304"]);
  note(`304: p50 ${formatFigure(notModified.p50)} ms; in memory: p50 ${formatFigure(cached.p50)} ms`);

  const mixed = paths.map((path, index): Get => {
    const place = index % 10;
    if (place < OF_TEN.uncached) return { path, headers: NO_STORE };
    return place < OF_TEN.uncached + OF_TEN.conditional ? (conditional[index] ?? { path }) : { path };
  });
  const sustained = await withMemoryOf(service, () =>
    sendRequests(service, { requests: mixed, seconds, perSecond: rate * RATE_SURPLUS, connections: CONNECTIONS }),
  );
  requireAnswers("steady requests", sustained.result, ["200", "304"]);
  note(`${formatFigure(sustained.result.perSecond)} requests/s for ${seconds} s`);

  const csv = await withMemoryOf(service, () =>
    download(service, `/v1/cost-entries?from=${facts.from}&to=${facts.to}`, "text/csv"),
  );
  const { lines, ...file } = csv.result;
  if (lines !== facts.entries + 1) throw new Error(`Expected ${facts.entries} entries as CSV, got ${lines - 1}`);
  return {
    summaries,
    uncached,
    cached,
    notModified,
    sustained: { ...sustained.result, memory: sustained.memory },
    csv: { entries: facts.entries, ...file, bytesPerSecond: file.bytes / file.seconds, memory: csv.memory },
  };
}

/** A request that asks whether an answer that somebody has is still the same. */
async function conditionalOf({ url, headers }: OpenService, path: string): Promise<Get> {
  const response = await fetch(new URL(path, url), { headers });
  await response.arrayBuffer();
  const etag = response.headers.get("etag");
  if (etag === null) throw new Error(`${path}: its answer has no ETag`);
  return { path, headers: { "if-none-match": etag } };
}

function goalsOf({ summaries, uncached, notModified, sustained, csv }: Figures, { rate }: Options): Judgement[] {
  const slowest = Math.max(...summaries.map(({ p50 }) => p50));
  const [ms, perSecond] = [{ unit: "ms", bound: "at most" }, { bound: "at least" }] as const;
  return [
    judge({ what: "month summaries, p50 of the slowest one", ...ms, value: 15 }, slowest),
    judge({ what: "month summaries, p99", ...ms, value: 60 }, uncached.p99),
    judge({ what: "not modified, p50", ...ms, value: 3 }, notModified.p50),
    judge({ what: "summaries, sustained", unit: "requests/s", ...perSecond, value: rate }, sustained.perSecond),
    judge({ what: "cost entries as CSV", unit: "MB/s", ...perSecond, value: 30 }, csv.bytesPerSecond / 1e6),
    judge(
      { what: "service's peak memory meanwhile", unit: "MB", bound: "at most", value: 150 },
      csv.memory.residentBytes / 1e6,
    ),
  ];
}

function textOf(figures: Figures, goals: readonly Judgement[], options: Options, rowCount: number): string {
  const { summaries, uncached, cached, notModified, sustained, csv } = figures;
  const table = formatTable(
    [
      { title: "", value: (row) => row.name },
      { title: "p50 ms", value: (row) => formatFigure(row.p50), align: "right" },
      { title: "p99 ms", value: (row) => formatFigure(row.p99), align: "right" },
      { title: "requests", value: (row) => formatCount(row.count), align: "right" },
    ],
    [
      ...summaries,
      { name: "all of them in turn", ...uncached },
      { name: "the same from memory", ...cached },
      { name: "the same, not modified", ...notModified },
      { name: `${options.rate} in a second`, ...sustained },
    ],
  );
  const file =
    `${formatCount(csv.entries)} cost entries as CSV: ${formatBytes(csv.bytes)} in ${csv.seconds.toFixed(1)} s. ` +
    `The service's memory: ${memoryText(csv.memory)}; at ${options.rate} requests a second ${memoryText(sustained.memory)}.`;
  const about =
    `${formatCount(rowCount)} current rows, ${MONTHS} months; a month each, over one connection, ${options.repetitions} ` +
    `times each. The steady ones come over ${CONNECTIONS} connections for ${options.seconds} s: of ten ` +
    `${OF_TEN.uncached} is computed anew and ${OF_TEN.conditional} ask whether their answer still holds.`;
  return [table, "", file, "", ...goals.map(formatJudgement), "", about].join("\n");
}

function memoryText({ residentBytes, heapBytes }: Memory): string {
  return `${formatBytes(residentBytes)} resident, ${formatBytes(heapBytes)} of it the heap's`;
}
