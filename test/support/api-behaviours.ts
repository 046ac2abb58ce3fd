import { expect } from "vitest";
import type { ApiSource } from "../../src/domain/source.ts";
import type { RunOutcome } from "../../workflows/import-source.ts";
import type { CostDetailsManners } from "./azure/cost-details.ts";
import * as faults from "./azure/faults.ts";
import { SIMULATED_APIS } from "./azure/faults.ts";
import type { Fault, SimulatedApi } from "./azure/faults.ts";
import { SIMULATED_SECRET } from "./azure/identity.ts";
import { BILLING_ACCOUNT } from "./api-source.ts";
import { COSTS, exactTotal } from "./api-stage.ts";
import type { ApiStage } from "./api-stage.ts";

/** What an API does on the way of a month, and what has to come of it, whoever hosts the import. */
export type ApiBehaviour = {
  readonly name: string;
  readonly kind: ApiSource["kind"];
  /** Beside those of `apiSource`. */
  readonly settings?: Partial<ApiSource>;
  /** Lets the API behave so; it has the month of `COSTS` by then. */
  readonly arrange: (stage: ApiStage) => void;
  /** Asks for this invoice only. */
  readonly invoice?: string;
  /** How often a report has to be asked for, where that matters. */
  readonly timesAsked?: number;
  /** How many loads are begun, where that matters: what can be mended within a load is not begun anew. */
  readonly loads?: number;
  /** Whether the month was published before: where it does not come, that has to stay. */
  readonly isThereBefore?: true;
  /** The whole month; or nothing, because there is nothing, or because it fails with that class and message. */
  readonly comes: "whole" | "nothing" | { readonly errorName: string; readonly says: RegExp };
};

/** Asks a source's API anew for the last month, or for an invoice of it, and imports what comes of it. */
export type Extract = (stage: ApiStage, invoice?: string) => Promise<readonly RunOutcome[]>;

type Queues = readonly (readonly [SimulatedApi, ...(readonly Fault[])[]])[];

/** Everything that is done to a source's API before one may say that it behaves. */
export const API_BEHAVIOURS: readonly ApiBehaviour[] = [
  faulty("every API asks to be left alone, and the longest wish counts", "cost-details", "whole", [
    ["cost-details", faults.throttled(1, { entity: 1, any: 0 })],
    ["operations", faults.throttled(1, { client: 0, tenant: 1 })],
    ["blobs", faults.throttled(2)],
  ]),
  faulty("every API fails in bursts", "cost-details", "whole", [
    ["cost-details", faults.failed(503)],
    ["operations", faults.failed(500), faults.failed(502)],
    ["blobs", faults.failed(500, 2), faults.failed(503)],
  ]),
  {
    ...faulty("connections drop before an answer, and blobs are cut off in mid-stream", "cost-details", "whole", [
      ["operations", faults.dropped(0), faults.none(), faults.dropped(0.5)],
      ["blobs", faults.dropped(0), faults.dropped(0.3), faults.dropped(0.5)],
    ]),
    loads: 1,
  },
  faulty("what Azure says of a report is broken JSON", "cost-details", "whole", [
    ["operations", faults.cut(), faults.none(), faults.cut()],
  ]),
  faulty("the token runs out between two looks, and before the links", "cost-details", "whole", [
    ["operations", faults.unauthorized(), faults.none(), faults.unauthorized()],
  ]),
  {
    ...faulty(
      "links run out before the first byte and in mid-stream, and others are asked for",
      "cost-details",
      "whole",
      [["blobs", faults.answered(403), faults.dropped(0.3), faults.answered(403)]],
    ),
    loads: 1,
  },
  {
    ...faulty(
      "the report is gone while it is looked at, and another one changes in mid-stream",
      "cost-details",
      "whole",
      [
        ["operations", faults.answered(404)],
        ["blobs", faults.dropped(0.3), faults.answered(412)],
      ],
    ),
    timesAsked: 3,
  },
  mannered("the place to look moves with every look", { polls: 2, location: "another path" }, "whole"),
  ...[-86_400, 86_400].map((seconds): ApiBehaviour => ({
    name: `our clock is ${Math.abs(seconds)} seconds ${seconds > 0 ? "behind" : "ahead"}, and Azure says by its own when to look`,
    kind: "cost-details",
    comes: "whole",
    arrange({ azure }) {
      azure.setClockSkew(seconds);
      azure.costDetails.behave({ retryAfter: "date" });
    },
  })),
  {
    name: "a month is a billing period",
    kind: "cost-details",
    settings: { by: "billing-period" },
    comes: "whole",
    arrange: () => undefined,
  },
  {
    name: "an invoice is asked for by its id",
    kind: "cost-details",
    settings: { scope: `${BILLING_ACCOUNT}/billingProfiles/ABCD` },
    invoice: "G0042",
    comes: "whole",
    arrange: ({ put }) => put(COSTS, { invoiceId: "G0042" }),
  },
  ...(["no content", "no content later", "NoDataFound"] as const).map((noData): ApiBehaviour => ({
    name: `there is nothing of the month: ${noData}`,
    kind: "cost-details",
    comes: "nothing",
    arrange({ azure }) {
      azure.costDetails.behave({ noData });
      azure.costDetails.removeReports();
    },
  })),
  {
    name: "a report has a header and no rows",
    kind: "cost-details",
    isThereBefore: true,
    comes: "nothing",
    arrange: ({ put }) => put([]),
  },
  mannered(
    "Azure cannot make the report",
    { outcome: "failed" },
    failure("ApiRefusalError", /InternalServerError: Failed/),
  ),
  {
    name: "rows are of another month",
    kind: "cost-details",
    comes: failure("FileError", /1 of the rows for .* are of other months, from 2025-01-31/),
    arrange: ({ put }) => put(COSTS, { strayDay: "2025-01-31" }),
  },
  {
    ...faulty(
      "a blob is shorter than its report says",
      "cost-details",
      failure("FileError", /#1: has \d+ bytes, not \d+ as its report says/),
      [["blobs", faults.cut(0.9)]],
    ),
    isThereBefore: true,
  },
  faulty(
    "a role is missing",
    "cost-details",
    failure("PermissionError", /give the application the role EnrollmentReader/),
    [["cost-details", faults.forbidden()]],
  ),
  faulty(
    "a gateway refuses, and repeats the token in what it says",
    "cost-details",
    failure("ApiRefusalError", /400 \(Unknown: Unknown …, that is '…' in \(\d+:…\) at x_…_x\)/),
    [["cost-details", faults.echoed(400)]],
  ),

  faulty("pages are throttled, fail, are broken and break off, and the token runs out", "usage-details", "whole", [
    [
      "usage-details",
      faults.none(), // it is looked whether there is anything
      faults.throttled(1, { consumption: 1, any: 0 }),
      faults.none(),
      faults.failed(503),
      faults.failed(500),
      faults.none(),
      faults.cut(),
      faults.dropped(0.5),
      faults.unauthorized(),
    ],
  ]),
  faulty("a page comes twice, and not when it is asked for again", "usage-details", "whole", [
    ["usage-details", faults.none(2), faults.repeatedAnswer()],
  ]),
  {
    ...faulty(
      "a page comes twice whenever it is asked for",
      "usage-details",
      failure("ApiError", /page 2: the next page is one that was read before/),
      [["usage-details", faults.none(), ...times(5, [...faults.none(), ...faults.repeatedAnswer()])]],
    ),
    isThereBefore: true,
  },
  ...(["no content", "empty page"] as const).map((answer): ApiBehaviour => ({
    name: `there is nothing of the month: ${answer}`,
    kind: "usage-details",
    comes: "nothing",
    arrange({ azure, put }) {
      azure.usageDetails.setNoData(answer);
      put([]);
    },
  })),
  {
    name: "items are of another month",
    kind: "usage-details",
    isThereBefore: true,
    comes: failure("FileError", /page 3: 1 of 2 items are not of .*, but of 2025-01-31/),
    arrange: ({ put }) => put(COSTS, { strayDay: "2025-01-31" }),
  },

  faulty("pages are throttled, fail, break off, are cut off, and are a proxy's", "ea", "whole", [
    [
      "ea",
      faults.none(), // it is looked whether there is anything
      faults.throttled(1, { any: 1 }),
      faults.none(),
      faults.failed(503, 2, { "retry-after": "0" }),
      faults.none(),
      faults.dropped(),
      faults.cut(0.9),
      faults.text("<html>Bad gateway</html>"),
    ],
  ]),
  {
    name: "pages are asked for by an index",
    kind: "ea",
    settings: { api: "usage-report-v3" },
    comes: "whole",
    arrange: ({ azure }) => azure.ea.setEnvelope({ items: "data", next: "hasMoreData", last: "absent" }),
  },
  {
    name: "there is nothing of the month: a title in CSV",
    kind: "ea",
    settings: { api: "usage-report" },
    isThereBefore: true,
    comes: "nothing",
    arrange: ({ put }) => put([]),
  },
  faulty(
    "a gateway refuses, and repeats the key in what it says",
    "ea",
    failure("ApiRefusalError", /400 \(Unknown: Unknown …, that is '…' in \(\d+:…\) at x_…_x\)/),
    [["ea", faults.none(2), faults.echoed(400)]],
  ),
  faulty(
    "the key runs out between two pages",
    "ea",
    failure("AuthenticationError", /SIMULATED_EA_KEY is wrong or has/),
    [["ea", faults.none(3), faults.unauthorized()]],
  ),
  {
    ...faulty("the last page never comes whole", "ea", failure("ApiError", /page 3: the answer is not JSON/), [
      ["ea", faults.none(), ...times(5, [...faults.none(2), ...times(3, faults.cut(0.9)).flat()])],
    ]),
    isThereBefore: true,
  },
];

/** Lets the API of a stage behave so, and holds what comes of it against what has to. */
export async function expectBehaviour(stage: ApiStage, behaviour: ApiBehaviour, extract: Extract): Promise<void> {
  const { azure, put, sum } = stage;
  const { comes, invoice, timesAsked, loads, isThereBefore = false } = behaviour;
  azure.costDetails.behave({ polls: 0 });
  if (isThereBefore) {
    put(["1"]);
    azure.costDetails.behave({ outcome: "completed at once" });
    expect(await extract(stage)).toMatchObject([{ outcome: "imported" }]);
    azure.costDetails.behave({ outcome: "completed" });
  }
  put(COSTS);
  behaviour.arrange(stage);
  const outcomes = await extract(stage, invoice);
  expect(outcomes).toMatchObject([outcomeOf(comes)]);
  expect(await sum()).toBe(comes === "whole" ? exactTotal(COSTS) : isThereBefore ? "1" : "");
  expect(SIMULATED_APIS.filter((api) => azure.faultsLeft(api) > 0)).toEqual([]);
  if (loads !== undefined) expect(await stage.loads()).toBe(loads);
  if (timesAsked !== undefined) expect(azure.costDetails.asked).toHaveLength(timesAsked);
  expect(JSON.stringify(outcomes)).not.toMatch(SIMULATED_SECRET);
}

function outcomeOf(comes: ApiBehaviour["comes"]): object {
  if (comes === "whole") return { outcome: "imported", report: { rowsLoaded: COSTS.length, rowsRejected: 0 } };
  if (comes === "nothing") return { outcome: "skipped", reason: "the API has no data" };
  return {
    outcome: "failed",
    errorName: comes.errorName,
    error: expect.stringMatching(comes.says) as string,
  };
}

function mannered(name: string, change: Partial<CostDetailsManners>, comes: ApiBehaviour["comes"]): ApiBehaviour {
  return { name, kind: "cost-details", comes, arrange: ({ azure }) => azure.costDetails.behave(change) };
}

function faulty(name: string, kind: ApiSource["kind"], comes: ApiBehaviour["comes"], queues: Queues): ApiBehaviour {
  return {
    name,
    kind,
    comes,
    arrange({ azure }) {
      for (const [api, ...queue] of queues) azure.fault(api, ...queue);
    },
  };
}

function failure(errorName: string, says: RegExp): ApiBehaviour["comes"] {
  return { errorName, says };
}

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}
