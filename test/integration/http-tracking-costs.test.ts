import Big from "big.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { listLiveRuns } from "../../clickhouse/known-runs.ts";
import { publishSeries } from "../../clickhouse/publish-series.ts";
import { evaluateTracking, extendTracking } from "../../clickhouse/tracking-evaluation.ts";
import { saveRules } from "../../clickhouse/tracking-rules.ts";
import { FORMAT_NAMES } from "../../src/http/formats.ts";
import { parseDay } from "../../src/domain/month.ts";
import type { TrackingFallback, TrackingRule } from "../../src/domain/tracking-rule.ts";
import { importHttpData } from "../support/http-data.ts";
import type { DataLine, HttpData } from "../support/http-data.ts";
import { bodyOf, READERS, requireStatus } from "../support/http-rows.ts";
import type { AnsweredRow } from "../support/http-rows.ts";
import { createTestService } from "../support/http-service.ts";
import type { TestService } from "../support/http-service.ts";
import { createScenes } from "../support/scene.ts";
import { ACTUAL, aRule, bringResources, sumOf, when } from "../support/tracking-scene.ts";
import { startTestEngine } from "../support/warehouse.ts";
import type { TestEngine } from "../support/warehouse.ts";

let engine: TestEngine;
let data: HttpData;
let service: TestService;
const scenes = createScenes(() => engine);
const services: TestService[] = [];

/** Rules that win over each other, hold for some days, or give other targets. */
const RULES: readonly TrackingRule[] = [
  aRule("lake", { match: when("resource_group", "prefix", "rg-LAKE"), targets: { owner: "Data Lake", item: "4711" } }),
  aRule("old", {
    match: when("resource_group", "equals", "rg-web"),
    targets: { owner: "web-old" },
    validTo: parseDay("2026-05-10"),
  }),
  aRule("new", {
    match: when("resource_group", "equals", "rg-web"),
    targets: { owner: "web-new", item: "4712" },
    validFrom: parseDay("2026-05-10"),
  }),
  aRule("vm", { priority: 1, match: when("last_segment", "equals", "dev-vm"), targets: { item: "4713" } }),
  aRule("dev", { match: when("resource_group", "equals", "rg-dev"), targets: { owner: "dev 🏷️ 'x'" } }),
];

beforeAll(async () => {
  engine = await startTestEngine();
  const warehouse = await engine.database();
  data = await importHttpData(warehouse);
  await evaluate(warehouse, RULES);
  service = await createTestService(warehouse);
});

afterAll(async () => {
  for (const one of [service, ...services]) await one.close();
  await scenes.clear();
  await data.remove();
  await engine.close();
});

const group = ({ charge }: DataLine) => charge.resourceGroup.toLowerCase();
const isWeb = (line: DataLine) => group(line) === "rg-web";
const isDevMachine = ({ charge }: DataLine) => charge.resourceId.toLowerCase().endsWith("/dev-vm");

/** Whose a line is, worked out plainly. */
function ownerOf(line: DataLine): string {
  if (isWeb(line)) return line.charge.date < "2026-05-10" ? "web-old" : "web-new";
  if (group(line).startsWith("rg-lake")) return "Data Lake";
  return group(line) === "rg-dev" && !isDevMachine(line) ? "dev 🏷️ 'x'" : "";
}

function itemOf(line: DataLine): string {
  if (isDevMachine(line)) return "4713";
  if (group(line).startsWith("rg-lake")) return "4711";
  return isWeb(line) && line.charge.date >= "2026-05-10" ? "4712" : "";
}

type Asked = {
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  readonly key?: (line: DataLine) => Readonly<Record<string, string>>;
  readonly where?: (line: DataLine) => boolean;
};

const owner = (line: DataLine) => ({ "tracking:owner": ownerOf(line) });

const ASKED: Readonly<Record<string, Asked>> = {
  "by a target": { parameters: { groupBy: "tracking:owner" }, key: owner },
  "by two targets, a tag and a dimension": {
    parameters: { groupBy: ["tracking:item", "meter_category", "tag:env", "tracking:owner"] },
    key: (line) => ({
      "tracking:item": itemOf(line),
      meter_category: line.charge.meterCategory,
      "tag:env": line.tags["env"] ?? "",
      ...owner(line),
    }),
  },
  "by a target and day": {
    parameters: { groupBy: "tracking:owner", granularity: "day" },
    key: (line) => ({ period: line.charge.date, ...owner(line) }),
  },
  "by a target in some days": {
    parameters: { groupBy: "tracking:owner", from: "2026-05-04", to: "2026-05-17" },
    key: owner,
    where: ({ charge }) => charge.date >= "2026-05-04" && charge.date < "2026-05-17",
  },
  "one value": {
    parameters: { filter: "tracking:owner = 'dATA lake'" },
    where: (line) => ownerOf(line) === "Data Lake",
  },
  "one of some, by something else": {
    parameters: { filter: "tracking:item in ('4711', '4713')", groupBy: "resource_group" },
    key: (line) => ({ resource_group: group(line) }),
    where: (line) => ["4711", "4713"].includes(itemOf(line)),
  },
  "a beginning": {
    parameters: { filter: "tracking:owner prefix 'WEB-'" },
    where: (line) => ownerOf(line).startsWith("web-"),
  },
  "a pattern, and not another": {
    parameters: { filter: "tracking:owner regex '^web' and not tracking:owner contains 'new'" },
    where: (line) => ownerOf(line) === "web-old",
  },
  "what has a target": { parameters: { filter: "tracking:item exists" }, where: (line) => itemOf(line) !== "" },
  "what has none": {
    parameters: { filter: "tracking:owner missing", groupBy: "charge_type" },
    key: ({ charge }) => ({ charge_type: charge.chargeType }),
    where: (line) => ownerOf(line) === "",
  },
};

describe.each(FORMAT_NAMES)("costs as %s", (format) => {
  test.each(Object.keys(ASKED))("%s: as a plain sum over the delivered lines", async (name) => {
    const { parameters, key = () => ({}), where = () => true } = ASKED[name] ?? { parameters: {} };
    const answer = await service.get(urlOf("/v1/costs", { ...parameters, format }));
    requireStatus(answer, 200);
    const rows = await READERS[format](bodyOf(answer));
    expect(sorted(rows)).toEqual(sorted(expectedRows(counted().filter(where), key, format)));
    expect(String(answer.headers["billhouse-tracking"] ?? answer.json<Answer>().tracking)).toMatch(
      /^[0-9a-f-]{36}-\d+$/,
    );
  });
});

test("POST answers as GET does, with a filter as a tree", async () => {
  const payload = {
    groupBy: ["tracking:owner"],
    filter: {
      and: [{ dimension: "tracking:owner", op: "exists" }, { not: { dimension: "tracking:item", op: "missing" } }],
    },
  };
  const posted = await service.send({ method: "POST", url: "/v1/costs", payload });
  const got = await service.get(
    urlOf("/v1/costs", { groupBy: "tracking:owner", filter: "tracking:owner exists and not tracking:item missing" }),
  );
  expect(requireStatus(posted, 200).json()).toEqual(requireStatus(got, 200).json());
  const owners = posted.json<Answer>().data.map((row) => String(row["tracking:owner"]));
  expect(owners.toSorted()).toEqual(["Data Lake", "Data Lake", "web-new"]);
});

test("the groups of targets add up to the total, to the last digit, whatever they are grouped by and as of whenever", async () => {
  const { asOf } = (await service.get("/v1/costs")).json<{ asOf: string }>();
  for (const time of [{}, { window: "2026-05" }, { from: "2026-05-02", to: "2026-05-19" }, { asOf }]) {
    const total = await totals({ ...time });
    for (const groupBy of [
      "tracking:owner",
      ["tracking:item", "date"],
      ["tracking:owner", "tracking:item", "source"],
    ]) {
      expect(await totals({ ...time, groupBy })).toEqual(total);
    }
  }
});

test("the dearest targets are told, the rest is added up, and compared with the month before", async () => {
  const filter = "billing_currency = 'EUR'";
  const asked = { groupBy: "tracking:owner", window: "2026-05", filter };
  const whole = (await service.get(urlOf("/v1/costs", { ...asked, compareTo: "previous" }))).json<Answer>().data;
  const top = (await service.get(urlOf("/v1/costs", { ...asked, top: "2", compareTo: "previous" }))).json<Answer>()
    .data;
  const sum = (rows: readonly AnsweredRow[], column: string) =>
    rows.reduce((total, row) => total.plus(row[column] ?? 0), new Big(0)).toFixed();
  expect(top).toHaveLength(3);
  expect(top[2]).toMatchObject({ "tracking:owner": "other", is_other: true });
  expect(top.slice(0, 2).map((row) => row["tracking:owner"])).toEqual(
    whole
      .filter((row) => row["actual"] !== null)
      .slice(0, 2)
      .map((row) => row["tracking:owner"]),
  );
  for (const column of ["actual", "actual_before", "actual_change"]) expect(sum(top, column)).toBe(sum(whole, column));
  expect(whole.find((row) => row["tracking:owner"] === "web-old")).toMatchObject({ actual_before: "10.5" });
});

describe("lines", () => {
  test("tell whose they are, are ordered and filtered by it", async () => {
    const columns = ["date", "tracking:owner", "tracking:item", "resource_group", "cost_in_billing_currency"];
    const asked = {
      columns,
      metric: "actual",
      order: ["tracking:owner", "-date"],
      filter: "tracking:owner != 'web-old'",
    };
    for (const format of FORMAT_NAMES) {
      const answer = requireStatus(await service.get(urlOf("/v1/cost-entries", { ...asked, format })), 200);
      const rows = await READERS[format](bodyOf(answer));
      const expected = counted().filter((line) => ownerOf(line) !== "web-old");
      const keyed = (row: AnsweredRow) => [
        row["date"],
        row["tracking:owner"],
        row["tracking:item"],
        row["resource_group"],
      ];
      expect(rows.map((row) => keyed(row).join("|")).toSorted()).toEqual(
        expected.map((line) => [line.charge.date, ownerOf(line), itemOf(line), group(line)].join("|")).toSorted(),
      );
      const owners = rows.map((row) => String(row["tracking:owner"]));
      expect(owners).toEqual(owners.toSorted());
    }
  });

  test("are cut into pages that fit each other", async () => {
    const url = "/v1/cost-entries?columns=tracking:owner&columns=line&order=tracking:owner&limit=5";
    const pages: Answer[] = [];
    for (let next: string | null = ""; next !== null; next = pages.at(-1)?.next ?? null) {
      pages.push(requireStatus(await service.get(next === "" ? url : `${url}&cursor=${next}`), 200).json<Answer>());
    }
    const whole = (await service.get(url.replace("limit=5", "limit=1000"))).json<Answer>();
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap((page) => page.data)).toEqual(whole.data);
  });
});

describe("dimensions", () => {
  test("are listed with the targets, and these with the lines that have them", async () => {
    const listed = (await service.get("/v1/dimensions")).json<{ data: { name: string }[] }>().data;
    expect(listed.map(({ name }) => name)).toContain("tracking:<target>");
    const count = (valueOf: (line: DataLine) => string) => all().filter((line) => valueOf(line) !== "").length;
    const targets = await service.get("/v1/dimensions/tracking/values");
    expect(requireStatus(targets, 200).json<Answer>().data).toEqual([
      { value: "item", entries: count(itemOf) },
      { value: "owner", entries: count(ownerOf) },
    ]);
    const found = await service.get("/v1/dimensions/tracking/values?search=OWN&filter=tracking:item%20=%20'4712'");
    const web = all().filter((line) => itemOf(line) === "4712").length;
    expect(found.json<Answer>().data).toEqual([{ value: "owner", entries: web }]);
  });

  test("have the values of each target", async () => {
    const values = await service.get("/v1/dimensions/tracking:owner/values?search=WEB");
    const count = (name: string) => all().filter((line) => ownerOf(line) === name).length;
    expect(requireStatus(values, 200).json<Answer>().data).toEqual(
      ["web-new", "web-old"].map((value) => ({ value, entries: count(value) })),
    );
    const keys = await service.get("/v1/dimensions/tag/values?filter=tracking:owner%20=%20'dev%20🏷️%20''x'''");
    expect(requireStatus(keys, 200).json<Answer>().data).toEqual([]);
  });
});

test.each([
  ["/v1/costs?groupBy=tracking:team", "groupBy"],
  ["/v1/costs?filter=tracking:team%20missing", "filter"],
  ["/v1/cost-entries?columns=tracking:team", "columns"],
  ["/v1/cost-entries?filter=tracking:Owner%20exists", "filter"],
  ["/v1/dimensions/tracking:team/values", "dimension"],
])("%s names the targets that there are", async (url, parameter) => {
  const answer = requireStatus(await service.get(url), 400);
  const { error } = answer.json<{ error: { message: string; details: { parameters: object } } }>();
  expect(Object.keys(error.details.parameters)).toEqual([parameter]);
  expect(error.message).toMatch(/no tracking target "(team|Owner)"\. Rules name item, owner\./);
});

describe("where no day is silent and rules hold for ever", () => {
  const PLAIN = [
    aRule("web", { match: when("last_segment", "prefix", "vm-"), targets: { owner: "web" } }),
    aRule("prod", { match: when("resource_group", "contains", "prod"), targets: { owner: "prod" } }),
    aRule("never", { match: when("last_segment", "equals", "nothing"), targets: { unused: "x" } }),
  ];
  const plainOwner = (resource: string) =>
    resource.includes("/vm-") ? "web" : /\/[^/]*prod/.test(resource.replace(/\/providers.*/, "")) ? "prod" : "";

  let plain: TestService;

  beforeAll(async () => {
    const scene = await aScene();
    plain = scene.service;
    await evaluate(scene.warehouse, PLAIN, "last_segment");
  });

  test("costs are the plain sums, too", async () => {
    const rows = (await plain.get("/v1/costs?groupBy=tracking:owner&window=2026-05")).json<Answer>().data;
    const of = (name: string, currency: string) =>
      sumOf(
        ACTUAL,
        (one) => one.date !== "2026-04-30" && plainOwner(one.resource) === name && one.currency === currency,
      );
    const pairs = [
      ["", "USD"],
      ["prod", "EUR"],
      ["web", "USD"],
    ] as const;
    expect(sorted(rows)).toEqual(
      sorted(
        pairs.map(([name, currency]) => ({
          "tracking:owner": name,
          billing_currency: currency,
          actual: of(name, currency),
        })),
      ),
    );
  });

  test("a target that no resource has is empty everywhere", async () => {
    const rows = (await plain.get("/v1/costs?groupBy=tracking:unused&currency=usd")).json<Answer>().data;
    expect(rows.map((row) => row["tracking:unused"])).toEqual([""]);
    const targets = (await plain.get("/v1/dimensions/tracking/values")).json<Answer>().data;
    expect(targets).toContainEqual({ value: "unused", entries: 0 });
  });

  test("the fallback names what has no rule by the last segment of its id, but not what has no resource", async () => {
    const url = "/v1/costs?groupBy=tracking:resource_tracking&groupBy=tracking:owner&metric=amortized&metric=actual";
    const rows = requireStatus(await plain.get(url), 200).json<Answer>().data;
    const found = rows.map((row) => `${row["tracking:resource_tracking"]}/${row["tracking:owner"]}`);
    expect([...new Set(found)].toSorted()).toEqual(["/", "/prod", "/web", "DB-1/"]);
    const targets = (await plain.get("/v1/dimensions/tracking/values?search=resource")).json<Answer>().data;
    expect(targets).toEqual([{ value: "resource_tracking", entries: 2 }]);
  });

  test("costs are as of the moment, and rules as they are now", async () => {
    const { warehouse, service: other, bring } = await aScene();
    const { asOf } = (await other.get("/v1/costs")).json<{ asOf: string }>();
    await bring("2026-04", "1000");
    await evaluate(warehouse, [
      aRule("web", { match: when("last_segment", "prefix", "vm-"), targets: { owner: "renamed" } }),
    ]);
    const url = "/v1/costs?groupBy=tracking:owner&window=2026-04";
    const before = (await other.get(`${url}&asOf=${asOf}`)).json<Answer>().data;
    expect(before).toEqual([{ "tracking:owner": "renamed", billing_currency: "USD", actual: "0.5" }]);
    const now = (await other.get(url)).json<Answer>().data;
    expect(now).toEqual([{ "tracking:owner": "renamed", billing_currency: "USD", actual: "1000" }]);
  });
});

test.each(["2026-05-01", "2026-05-15"])("rules that change on %s hold for the costs of their days", async (day) => {
  const { warehouse, service: plain } = await aScene();
  const match = when("last_segment", "prefix", "vm-");
  await evaluate(warehouse, [
    aRule("before", { match, targets: { owner: "before" }, validTo: parseDay(day) }),
    aRule("since", { match, targets: { owner: "since" }, validFrom: parseDay(day) }),
  ]);
  const spent = ACTUAL.filter(({ resource }) => resource.includes("/vm-"));
  const expected = (isAsked: (date: string) => boolean) =>
    new Map(
      [
        ["before", sumOf(spent, ({ date = "" }) => isAsked(date) && date < day)] as const,
        ["since", sumOf(spent, ({ date = "" }) => isAsked(date) && date >= day)] as const,
      ].filter(([, sum]) => sum !== "0"),
    );
  const asked = { groupBy: "tracking:owner", filter: "tracking:owner exists" };
  const owners = async (time: Readonly<Record<string, string>>) => {
    const { data: rows } = (await plain.get(urlOf("/v1/costs", { ...asked, ...time }))).json<Answer>();
    return new Map(rows.map((row) => [row["tracking:owner"], row["actual"]]));
  };
  expect(await owners({})).toEqual(expected(() => true));
  for (const window of ["2026-04", "2026-05"]) {
    expect(await owners({ window })).toEqual(expected((date) => date.startsWith(window)));
  }
  expect(await owners({ from: "2026-04-30", to: "2026-05-15" })).toEqual(expected((date) => date < "2026-05-15"));
  const { asOf } = (await plain.get("/v1/costs")).json<{ asOf: string }>();
  expect(await owners({ asOf })).toEqual(expected(() => true));
});

test("names and values of targets are told and found as they were written, whatever they are made of", async () => {
  const texts = [
    'O\'Neil "Max"',
    "'; DROP TABLE costs; --",
    "back\\",
    "{v0:String}",
    "%27",
    "a\tb\nc",
    "`",
    "🏷️ é",
    "NULL",
  ];
  const targets = Object.fromEntries(texts.map((text, index) => [text, texts.at(index - 1) ?? ""]));
  const { warehouse, service: plain } = await aScene();
  await evaluate(warehouse, [aRule("odd", { match: when("last_segment", "prefix", "vm-"), targets })]);
  expect((await plain.get("/v1/tracking")).json<{ targets: string[] }>().targets).toEqual(texts.toSorted());
  const actual = sumOf(ACTUAL, ({ resource }) => resource.includes("/vm-"));
  for (const [name, value] of Object.entries(targets)) {
    const dimension = `tracking:${name}`;
    const payload = { groupBy: [dimension], filter: { dimension, op: "eq", values: [value] } };
    const posted = await plain.send({ method: "POST", url: "/v1/costs", payload });
    const told = requireStatus(posted, 200)
      .json<Answer>()
      .data.map((row) => Object.values(row));
    expect([name, told]).toEqual([name, [[value, "USD", actual]]]);
    const found = await plain.get(`/v1/dimensions/${encodeURIComponent(dimension)}/values`);
    expect(
      requireStatus(found, 200)
        .json<Answer>()
        .data.map((row) => row["value"]),
    ).toContain(value);
  }
});

describe("a change of the rules", () => {
  const web = (value: string) =>
    aRule("web", { match: when("last_segment", "prefix", "vm-"), targets: { owner: value } });

  test("is in the next answer when it was evaluated, and until then the answer says that it is behind", async () => {
    const { warehouse, service: plain } = await aScene();
    const url = "/v1/costs?groupBy=tracking:owner&window=2026-05&filter=tracking:owner%20exists";
    await saveRules(warehouse, { saved: [web("one")], removed: [], fallback: undefined }, "a test");
    const never = (await plain.get(url)).json<Answer>();
    expect(never).toMatchObject({ data: [], tracking: "none" });
    expect(codesOf(never)).toEqual(["tracking_missing"]);

    await evaluateTracking(warehouse);
    const first = await plain.get(url);
    expect(first.json<Answer>()).toMatchObject({ data: [{ "tracking:owner": "one" }] });
    expect(codesOf(first.json<Answer>())).toEqual([]);
    const again = await plain.get(url, { "if-none-match": String(first.headers["etag"]) });
    expect(again.statusCode).toBe(304);

    await saveRules(warehouse, { saved: [web("two")], removed: [], fallback: undefined }, "a test");
    const behind = await plain.get(url, { "if-none-match": String(first.headers["etag"]) });
    expect(requireStatus(behind, 200).json<Answer>()).toMatchObject({ data: [{ "tracking:owner": "one" }] });
    expect(codesOf(behind.json<Answer>())).toEqual(["tracking_behind"]);

    await evaluateTracking(warehouse);
    const changed = await plain.get(url, { "if-none-match": String(behind.headers["etag"]) });
    expect(requireStatus(changed, 200).json<Answer>()).toMatchObject({ data: [{ "tracking:owner": "two" }] });
    expect(codesOf(changed.json<Answer>())).toEqual([]);
    const csv = await plain.get(`${url}&format=csv`, { "if-none-match": String(changed.headers["etag"]) });
    expect(csv.body).toContain('"two"');
  });

  test("ends a list that was begun before it, and leaves what has nothing to do with rules as it is", async () => {
    const { warehouse, service: plain } = await aScene();
    await evaluate(warehouse, [web("one")]);
    const url = "/v1/costs?groupBy=tracking:owner&groupBy=date&limit=2";
    const other = "/v1/costs?groupBy=date&limit=2";
    const { next } = (await plain.get(url)).json<Answer>();
    const without = await plain.get(other);
    const { next: otherNext } = without.json<Answer>();
    expect((await plain.get(`${url}&cursor=${next}`)).statusCode).toBe(200);
    await evaluate(warehouse, [web("two")]);
    for (const format of ["json", "csv"]) {
      const moved = requireStatus(await plain.get(`${url}&cursor=${next}&format=${format}`), 409);
      expect(moved.json()).toMatchObject({ error: { code: "tracking_moved", details: { parameter: "cursor" } } });
    }
    expect((await plain.get(`${other}&cursor=${otherNext}`)).statusCode).toBe(200);
    expect((await plain.get(other, { "if-none-match": String(without.headers["etag"]) })).statusCode).toBe(304);
  });

  test("published costs that were not evaluated yet have no rule, and the answer says so", async () => {
    const { warehouse, service: plain, bring } = await aScene();
    await bring("2026-06", "3", { name: "vm-new" });
    const [run] = await listLiveRuns(warehouse, { source: "spare", export: "", dataset: "", month: "" });
    if (run === undefined) throw new Error("The run is not there");
    await publishSeries(warehouse, run, { kind: "withdraw", run }, run.priority);
    await evaluate(warehouse, [web("one")]);
    await publishSeries(warehouse, run, { kind: "publish", run, ownLoadIds: run.loadIds }, run.priority);
    const url = "/v1/costs?groupBy=tracking:owner&window=2026-06";
    const behind = (await plain.get(url)).json<Answer>();
    expect(behind).toMatchObject({ data: [{ "tracking:owner": "", actual: "3" }] });
    expect(codesOf(behind)).toEqual(["tracking_behind"]);
    await extendTracking(warehouse);
    const then = (await plain.get(url)).json<Answer>();
    expect(then).toMatchObject({ data: [{ "tracking:owner": "one" }] });
    expect(codesOf(then)).toEqual([]);
    expect(then.tracking).not.toBe(behind.tracking);
  });

  test("that a new delivery makes, because its resources have other tags now, is one of all their costs", async () => {
    const { warehouse, service: plain, bring } = await aScene();
    const tagged = aRule("tag", { priority: 1, match: when("tag:team", "equals", "x"), targets: { owner: "tagged" } });
    await evaluate(warehouse, [web("one"), tagged]);
    const url = "/v1/costs?groupBy=tracking:owner&window=2026-05&filter=tracking:owner%20exists";
    const before = (await plain.get(url)).json<Answer>().data;
    expect(before).toMatchObject([{ "tracking:owner": "one" }]);
    await bring("2026-06", "3", { tags: '"team": "x"' });
    await extendTracking(warehouse);
    const after = (await plain.get(url)).json<Answer>().data;
    expect(after).toEqual(before.map((row) => ({ ...row, "tracking:owner": "tagged" })));
  });
});

type Answer = {
  readonly data: AnsweredRow[];
  readonly next: string | null;
  readonly tracking: string;
  readonly warnings: readonly { readonly code: string }[];
};

/** What an answer warns of that has to do with rules. */
function codesOf({ warnings }: Answer): string[] {
  return warnings.map(({ code }) => code).filter((code) => code.startsWith("tracking_"));
}

async function aScene() {
  const scene = await scenes.scene();
  await bringResources(scene);
  const plain = await createTestService(scene.warehouse);
  services.push(plain);
  const spare = await scene.supplier("spare");
  return {
    warehouse: scene.warehouse,
    service: plain,
    /** Publishes a month of one machine, instead of what the other source says of its day. */
    bring: (month: string, cost: string, { name = "vm-web-1", tags = "" } = {}) =>
      spare.bring({
        dataset: "actual",
        month,
        submittedAt: "2026-07-01T00:00:00.0000000Z",
        lines: [
          {
            date: `${month}-30`,
            cost,
            currency: "USD",
            subscriptionId: "1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
            resourceGroup: "rg-web",
            resourceId: `/subscriptions/1caaa5a3-2b66-438e-8ab4-bce37d518c5d/resourcegroups/rg-web/providers/microsoft.compute/virtualmachines/${name}`,
            resourceName: name,
            tags,
          },
        ],
      }),
  };
}

async function evaluate(
  warehouse: Warehouse,
  rules: readonly TrackingRule[],
  fallback?: TrackingFallback,
): Promise<void> {
  await saveRules(warehouse, { saved: rules, removed: [], fallback }, "a test");
  await evaluateTracking(warehouse);
}

/** Totals by currency of all rows of an answer. */
async function totals(parameters: Readonly<Record<string, string | readonly string[]>>): Promise<object> {
  const { data: rows } = requireStatus(await service.get(urlOf("/v1/costs", parameters)), 200).json<Answer>();
  const currencies = [...new Set(rows.map((row) => String(row["billing_currency"])))].toSorted();
  return currencies.map((currency) => ({
    currency,
    actual: rows
      .filter((row) => row["billing_currency"] === currency)
      .reduce((total, row) => total.plus(row["actual"] ?? 0), new Big(0))
      .toFixed(),
  }));
}

function counted(): DataLine[] {
  return data.lines.filter(({ isCounted }) => isCounted);
}

/** The lines that carry any cost that counts. */
function all(): DataLine[] {
  return data.lines.filter((line) => line.isCounted || line.run.delivery.dataset === "amortized");
}

function expectedRows(
  lines: readonly DataLine[],
  key: (line: DataLine) => Readonly<Record<string, string>>,
  format: string,
): AnsweredRow[] {
  const groups = new Map<string, Big>();
  for (const line of lines) {
    const name = JSON.stringify({ ...key(line), billing_currency: line.charge.currency });
    groups.set(name, (groups.get(name) ?? new Big(0)).plus(line.charge.cost));
  }
  const digits = format === "parquet" || format === "arrow" ? 18 : 30;
  return [...groups].map(([name, sum]) => ({
    ...(JSON.parse(name) as AnsweredRow),
    actual: sum.round(digits, Big.roundDown).toFixed(),
  }));
}

function urlOf(path: string, parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  return `${path}?${new URLSearchParams(pairs).toString()}`;
}

function sorted(rows: readonly AnsweredRow[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        Object.fromEntries(
          Object.keys(row)
            .toSorted()
            .map((name) => [name, row[name]]),
        ),
      ),
    )
    .toSorted();
}
