import { listEmptyExtractions } from "../clickhouse/empty-extractions.ts";
import { listKnownRuns } from "../clickhouse/known-runs.ts";
import { showUnseen } from "../clickhouse/visible-loads.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import { planExtractions } from "../src/domain/extraction.ts";
import type { Extraction } from "../src/domain/extraction.ts";
import { exportOfExtraction } from "../src/domain/extraction-export.ts";
import { addMonths, ALL_DAYS, monthOf, parseDay } from "../src/domain/month.ts";
import type { Month } from "../src/domain/month.ts";
import type { KnownRun } from "../src/domain/plan.ts";
import { MONTHS_KEPT } from "../src/domain/source.ts";
import type { ApiSource } from "../src/domain/source.ts";
import type { ActivityDependencies } from "./activities.ts";
import type { ImportPlan, PlanRunsInput } from "./plan-runs.ts";

/**
 * Decides what an API is asked for; asks nothing itself. A period that it does not know any more is a problem, so that
 * nobody takes the rest for all of it. Throws InvalidRequestError for what cannot be asked for at all.
 */
export function createPlanExtractions({ warehouse }: Pick<ActivityDependencies, "warehouse">, now = () => new Date()) {
  return async function plan(source: ApiSource, input: PlanRunsInput): Promise<ImportPlan> {
    requireSense(source, input);
    const { billingPeriod, dataset, invoice } = input;
    await showUnseen(warehouse);
    const known = await listKnownRuns(warehouse, { source: source.name, export: "", dataset: "", month: "" });
    const asked = exportOfExtraction(source, { invoice }).export;
    if (invoice !== undefined) requireAlone(invoice, asked, input, known);
    const empty = await listEmptyExtractions(warehouse, { source: source.name, export: asked });
    const monthsKept = MONTHS_KEPT[source.kind];
    const extractions = planExtractions(
      [...known.filter((run) => run.export === asked), ...empty],
      {
        datasets: source.datasets.filter((each) => dataset === undefined || each === dataset),
        billingPeriod,
        monthsBack: source.monthsBack,
        monthsKept,
        refreshHours: source.refreshHours,
        overwrite: input.overwrite || input.extract === true,
      },
      now(),
    ).map((extraction): Extraction => (invoice === undefined ? extraction : { ...extraction, invoice }));
    const present = monthOf(parseDay(now().toISOString().slice(0, 10)));
    const oldest = addMonths(present, -monthsKept);
    return {
      found: extractions.length,
      runs: [],
      extractions,
      isPartial: false,
      skipped: [],
      moreSkipped: [],
      problems:
        billingPeriod !== undefined && billingPeriod.first !== ALL_DAYS.first && monthOf(billingPeriod.first) < oldest
          ? [tooOld(source, monthsKept, oldest)]
          : [],
      warnings: [],
    };
  };
}

function requireSense(source: ApiSource, { runId, dataset, invoice, billingPeriod }: PlanRunsInput): void {
  const { name, kind, datasets } = source;
  if (runId !== undefined) {
    throw new InvalidRequestError(
      `${name}: a ${kind} source has no runs before they are asked for, so that none can be asked for by its id. ` +
        "Give a billing period instead; `billhouse extract` asks for it anew.",
    );
  }
  if (dataset !== undefined && !datasets.some((each) => each === dataset)) {
    throw new InvalidRequestError(
      `${name}: is not set to ask for ${dataset}, only for ${datasets.join(", ")}. Change the source's datasets.`,
    );
  }
  if (invoice === undefined) return;
  if (kind !== "cost-details") {
    throw new InvalidRequestError(`${name}: only cost-details sources know invoices. Leave the invoice out.`);
  }
  if (billingPeriod === undefined || monthOf(billingPeriod.first) !== monthOf(billingPeriod.last)) {
    throw new InvalidRequestError(`${name}: an invoice is of one month. Give the month of invoice ${invoice}.`);
  }
}

/** An invoice is a part of its month: beside another part, or the whole, one of the two would stay silent day by day. */
function requireAlone(
  invoice: string,
  asked: string,
  { source, billingPeriod, dataset }: PlanRunsInput,
  known: readonly KnownRun[],
): void {
  const other = known.find(
    (run) =>
      run.export !== asked &&
      run.isWithdrawn !== true &&
      (dataset === undefined || run.dataset === dataset) &&
      billingPeriod !== undefined &&
      run.month === monthOf(billingPeriod.first),
  );
  if (other === undefined) return;
  throw new InvalidRequestError(
    `${source.name}: ${other.dataset} ${other.month} has the run ${other.runId} already, which invoice ${invoice} would ` +
      "silence in part. Ask for the whole month instead, or withdraw that run first with `billhouse withdraw`.",
  );
}

function tooOld({ name, kind }: ApiSource, monthsKept: number, oldest: Month): ImportPlan["problems"][number] {
  return {
    place: name,
    message:
      `${name}: ${kind} sources give the present month and the ${monthsKept} before it: what is older than ${oldest} ` +
      "was not asked for. Begin the period with that month.",
  };
}
