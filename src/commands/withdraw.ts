import type { Warehouse } from "../../clickhouse/client.ts";
import { listLiveRuns } from "../../clickhouse/known-runs.ts";
import type { LiveRun, StoredRun } from "../../clickhouse/known-runs.ts";
import { withdrawRun } from "../../clickhouse/withdraw-run.ts";
import { EXIT } from "../context.ts";
import type { Command } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";
import { formatMoment } from "../domain/moment.ts";
import type { Month } from "../domain/month.ts";
import { changeWarehouse } from "../open-warehouse.ts";
import { trackPublishedHere } from "./track-resources.ts";

/** Which run to take back. The last three are needed only where the run id alone is ambiguous. */
export type WithdrawOptions = {
  readonly sourceName: string;
  readonly runId: string;
  readonly month?: Month;
  readonly dataset?: string;
  readonly exportName?: string;
  readonly json: boolean;
};

/** Takes a published run back. What it had replaced answers again. */
export const withdraw: Command<WithdrawOptions> = (context, options) =>
  changeWarehouse(context, async (warehouse) => {
    const run = await findRun(warehouse, options);
    const answers = (await withdrawRun(warehouse, run)).current?.run ?? null;
    if (options.json) {
      const { source: name, exportName, dataset, month, runId } = run;
      const withdrawn = { source: name, exportName, dataset, month, runId };
      context.print(JSON.stringify({ withdrawn, answers: answers === null ? null : { ...nameOf(answers) } }, null, 2));
    } else {
      context.print(`Withdrew ${describe(run)}.`);
      context.print(
        answers === null
          ? `Nothing of ${run.exportName} ${run.dataset} ${run.month} is visible any more.`
          : `Now run ${answers.runId} answers, submitted ${formatMoment(answers.submittedAt)} UTC, days ${answers.days.first} to ${answers.days.last}.`,
      );
    }
    await trackPublishedHere(context, warehouse);
    return EXIT.done;
  });

async function findRun(warehouse: Warehouse, options: WithdrawOptions): Promise<StoredRun> {
  const { sourceName, runId, exportName } = options;
  const filter = { source: sourceName, export: "", dataset: options.dataset ?? "", month: options.month ?? "" };
  const found = (await listLiveRuns(warehouse, filter)).filter(
    (run) =>
      run.runId.toLowerCase() === runId.toLowerCase() && (exportName === undefined || run.exportName === exportName),
  );
  const [run, ...others] = found;
  if (run === undefined) {
    throw new InvalidRequestError(
      `${sourceName}: no such run ${runId} is published. \`billhouse publications --history\` lists what was.`,
    );
  }
  if (others.length === 0) return run;
  throw new InvalidRequestError(
    `${sourceName}: run ${runId} is published more than once: ${found.map(placeOf).join("; ")}. ` +
      "Say which by --month, --dataset or --export-name.",
  );
}

function nameOf({ runId, submittedAt, days }: Pick<LiveRun, "runId" | "submittedAt" | "days">) {
  return { runId, submittedAt, days };
}

function placeOf({ exportName, dataset, month }: LiveRun): string {
  return `${exportName} ${dataset} ${month}`;
}

function describe(run: LiveRun): string {
  return `${run.source}: ${placeOf(run)}, run ${run.runId}`;
}
