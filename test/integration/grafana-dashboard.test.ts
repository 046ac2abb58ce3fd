import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type DemoWarehouse, openDemoWarehouse } from "../../tools/documents/demo-warehouse.ts";

const file = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

const Source = z.object({ type: z.literal("grafana-clickhouse-datasource"), uid: z.string() });
const Panel = z.object({
  title: z.string(),
  type: z.enum(["stat", "table", "timeseries"]),
  datasource: Source,
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.tuple([z.object({ datasource: Source, rawSql: z.string(), format: z.int() })]),
});
const Variable = z.discriminatedUnion("type", [
  z.object({ type: z.literal("query"), name: z.string(), datasource: Source, query: z.string() }),
  z.object({ type: z.literal("custom"), name: z.string(), options: z.array(z.object({ value: z.string() })) }),
]);
const Dashboard = z.object({
  uid: z.string(),
  time: z.object({ from: z.string(), to: z.string() }),
  templating: z.object({ list: z.array(Variable) }),
  panels: z.array(Panel),
});
const Provisioned = z.object({ datasources: z.array(z.object({ uid: z.string(), type: z.string() })) });
const Compose = z.object({ configs: z.object({ "clickhouse-grafana": z.object({ content: z.string() }) }) });
const Users = z.object({
  profiles: z.object({ dashboards: z.object({ readonly: z.literal(2) }) }),
  users: z.object({
    grafana: z.object({ profile: z.literal("dashboards"), grants: z.object({ query: z.array(z.string()) }) }),
  }),
});

const dashboard = Dashboard.parse(JSON.parse(file("grafana/dashboards/costs.json")));
const { panels } = dashboard;
const { datasources } = Provisioned.parse(parse(file("grafana/provisioning/datasources/clickhouse.yaml")));

/** Few rows are enough: it is about statements. */
const ROWS_PER_DAY = 20;

let demo: DemoWarehouse;
beforeAll(async () => {
  demo = await openDemoWarehouse(ROWS_PER_DAY);
}, 300_000);
afterAll(async () => demo.close());

/** What Grafana and its plugin make of a panel's SQL, for May 2026. */
function expand(sql: string, variables: Readonly<Record<string, string>>): string {
  return sql
    .replaceAll(/\$__dateFilter\((\w+)\)/g, "$1 >= toDate('2026-05-01') AND $1 <= toDate('2026-05-31')")
    .replaceAll(/\$\{(\w+):singlequote\}/g, (_, name: string) => `'${variables[name]}'`)
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? "");
}

const CASES = [
  { currency: "EUR", cost: "cost_in_billing_currency" },
  { currency: "EUR", cost: "amortized_cost_in_billing_currency" },
  { currency: "USD", cost: "cost_in_billing_currency" },
];

test.each(CASES)("every panel shows something: $currency, $cost", async (variables) => {
  expect(panels.length).toBeGreaterThan(6);
  for (const { title, targets } of panels) {
    const sql = expand(targets[0].rawSql, variables);
    expect(sql, `macros and variables of "${title}"`).not.toContain("$");
    const rows = await demo.warehouse.rows(sql);
    expect(rows.length, `rows of "${title}"`).toBeGreaterThan(0);
  }
});

test("a series begins with its time, and is in its order", async () => {
  const series = panels.filter(({ type }) => type === "timeseries");
  expect(series.map(({ targets }) => targets[0].format)).toEqual([0]);
  const Row = z.object({ time: z.iso.datetime(), service: z.string().min(1), cost: z.number().nullable() });
  for (const { targets } of series) {
    const rows = z.array(Row).parse(await demo.warehouse.rows(expand(targets[0].rawSql, CASES[0] ?? {})));
    const times = rows.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    expect(new Set(times).size).toBe(31);
    expect(new Set(rows.map(({ service }) => service)).size).toBeLessThanOrEqual(10);
  }
});

test("the variables have values, and the metrics are columns of the view", async () => {
  const [currency, cost] = dashboard.templating.list;
  const rows = await demo.warehouse.rows(currency?.type === "query" ? currency.query : "");
  expect(rows).toEqual(["EUR", "GBP", "USD"].map((name) => ({ billing_currency: name })));
  const values = cost?.type === "custom" ? cost.options.map(({ value }) => value) : [];
  expect(values).toEqual([CASES[0]?.cost, CASES[1]?.cost]);
});

test("panels ask the data source that is provisioned, and none lies over another", () => {
  const uids = panels.flatMap(({ datasource, targets }) => [datasource.uid, targets[0].datasource.uid]);
  expect(new Set(uids)).toEqual(new Set(datasources.map(({ uid }) => uid)));
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

test("Grafana's user may read what the panels read, and nothing of tokens and sources", async () => {
  const { configs } = Compose.parse(parse(file("docker-compose.yml"), { merge: true }));
  const { users } = Users.parse(parse(configs["clickhouse-grafana"].content));
  const granted = users.grafana.grants.query.map(
    (grant) => /^GRANT SELECT ON \$\{CLICKHOUSE_DATABASE:-billhouse\}\.(\w+)$/.exec(grant)?.[1] ?? grant,
  );
  const rows = await demo.warehouse.rows(
    "SELECT name, create_table_query AS text FROM system.tables WHERE database = currentDatabase()",
  );
  const tables = new Map(
    z
      .array(z.object({ name: z.string(), text: z.string() }))
      .parse(rows)
      .map(({ name, text }) => [name, text.startsWith("CREATE VIEW") ? text : ""]),
  );
  const namedIn = (sql: string) => (sql.match(/\w+/g) ?? []).filter((word) => tables.has(word));
  const read = new Set<string>();
  const visit = (name: string): void => {
    if (read.has(name)) return;
    read.add(name);
    for (const other of namedIn(tables.get(name) ?? "")) visit(other);
  };
  for (const { targets } of panels) for (const name of namedIn(targets[0].rawSql)) visit(name);

  expect(granted.filter((name) => !tables.has(name))).toEqual([]);
  expect([...read].filter((name) => !granted.includes(name))).toEqual([]);
  expect(granted.filter((name) => /^(api_|source)/.test(name))).toEqual([]);
});
