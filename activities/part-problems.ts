import { DAY_FIRST_NOTE } from "../clickhouse/load-expressions.ts";
import { isRefusedInput } from "../clickhouse/load-statement.ts";
import { listRejectedRows } from "../clickhouse/loads.ts";
import { ndjsonProblem } from "../clickhouse/ndjson-statement.ts";
import { parquetProblem } from "../clickhouse/parquet-statement.ts";
import { FileError, WarehouseError } from "../src/domain/errors.ts";
import { placeOfReject } from "../src/domain/load.ts";
import type { Reject } from "../src/domain/load.ts";
import type { Part } from "../src/domain/run.ts";
import { diagnosePart, linesOfRecords } from "../src/sources/diagnose.ts";
import { openPart } from "../src/sources/open-part.ts";
import type { OpenedPart } from "../src/sources/open-part.ts";
import type { Store } from "../src/sources/store.ts";
import type { ActivityDependencies } from "./activities.ts";

/** What says where a part is wrong. It reads the part once more. */
export type PartProblems = {
  /** The first rows that a load refused, with their lines. Throws FileError when none of the part's dates is certain. */
  describeRejects(store: Store, loadId: string, part: Part): Promise<readonly Reject[]>;
  /** Why a part could not be loaded: FileError that names the place, or the warehouse's own failure. */
  explainRefusal(store: Store, part: Part, opened: OpenedPart, error: unknown): Promise<unknown>;
};

const REJECTS_SHOWN = 3;

/** Binds it to what activities work with. */
export function createPartProblems({
  warehouse,
  signal,
}: Pick<ActivityDependencies, "warehouse" | "signal">): PartProblems {
  return { describeRejects, explainRefusal };

  async function describeRejects(store: Store, loadId: string, part: Part): Promise<Reject[]> {
    await requireMonthFirst(store, loadId, part);
    const rows = await listRejectedRows(warehouse, { load_id: loadId, ending: "", limit: REJECTS_SHOWN });
    return locate(store, part, rows);
  }

  /** Of a file with the day first, rows of the first twelve days would pass for those of other months. */
  async function requireMonthFirst(store: Store, loadId: string, part: Part): Promise<void> {
    const rows = await listRejectedRows(warehouse, { load_id: loadId, ending: DAY_FIRST_NOTE, limit: 1 });
    const [first] = await locate(store, part, rows);
    if (first === undefined) return;
    throw new FileError(
      `${placeOfReject(part, first)} ${first.reason}, so that no date of this file is certain. ` +
        "Nothing was published. Deliver the file as Azure wrote it, with the month first.",
    );
  }

  async function locate(
    store: Store,
    part: Part,
    rows: readonly { record: number; reason: string }[],
  ): Promise<Reject[]> {
    if (rows.length === 0) return [];
    const records = rows.map(({ record }) => record);
    const lines = await linesOf(store, part, records);
    return rows.map(({ record, reason }) => ({ record, reason, line: lines.get(record) ?? null }));
  }

  /** Records of a Parquet file stand on no line. */
  async function linesOf(store: Store, part: Part, records: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const opened = await openPart(store, part, signal);
    if (opened.format !== "parquet") return linesOfRecords(opened, records, signal);
    opened.body.destroy();
    return new Map();
  }

  async function explainRefusal(store: Store, part: Part, opened: OpenedPart, error: unknown): Promise<unknown> {
    if (!(error instanceof WarehouseError)) return error;
    const problem =
      opened.format === "parquet" ? parquetProblem(error, part.path) : await diagnose(store, part, opened, error);
    if (problem === undefined) return new WarehouseError(`${part.path}: ${error.message}`, { cause: error });
    return new FileError(`${problem}. Nothing was published. Deliver the run again.`, { cause: error });
  }

  async function diagnose(
    store: Store,
    part: Part,
    { format }: OpenedPart,
    error: WarehouseError,
  ): Promise<string | undefined> {
    const again = isRefusedInput(error) ? await openPart(store, part, signal) : undefined;
    if (again === undefined || again.format === "parquet") return undefined;
    const diagnosis = await diagnosePart(again, part.path, signal);
    if (diagnosis !== undefined) return `${diagnosis.place} ${diagnosis.problem}`;
    const refused = format === "ndjson" ? ndjsonProblem(error) : undefined;
    if (refused === undefined) return undefined;
    const [reject] = await locate(store, part, [{ record: refused.record, reason: refused.problem }]);
    return reject && `${placeOfReject(part, reject)} ${reject.reason}`;
  }
}
