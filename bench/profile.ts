import { join } from "node:path";
import { readMigrations } from "../clickhouse/migrate.ts";
import { formatTable } from "../src/commands/table.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import { loadFrom, measureEngine, readExportHeader } from "./bare-engine.ts";
import type { ExportHeader } from "./bare-engine.ts";
import type { GeneratedExport } from "./exports.ts";
import { measureInTurn } from "./measurement.ts";
import type { Result } from "./measurement.ts";
import type { Mode } from "./mode.ts";
import { formatSpread, spreadOf } from "./statistics.ts";

/** Where the time of a load goes: with more and more behind it, without one table and one kind of column each. */
export const profile: Mode = {
  name: "profile",
  describes: "where the time of a load goes: steps, tables behind them, kinds of columns; in the bare engine",
  async run(generated, rounds, note) {
    const steps = stepsOf(await readExportHeader(generated));
    const contestants = steps.map(({ name, setup, statement }) => ({
      name,
      measure: () => measureEngine({ setup, statements: filesOf(generated).map(statement), check: "SELECT 1" }),
    }));
    const results = await measureInTurn(contestants, rounds, note);
    const figures = steps.map((step, index) => ({ ...summaryOf(results[index]), ...compare(step, steps, results) }));
    return { text: describe(figures), figures };
  },
};

type Step = {
  readonly name: string;
  /** Name of the step that this one is held against. */
  readonly against: string;
  readonly setup: string[];
  /** What is done with a file. */
  readonly statement: (path: string) => string;
};

const READ = "read: unpack, split into texts";
const CONVERT = "convert: the load's SELECT";
const STORE = "store: cost_entries behind it";
const WHOLE = "whole: rejects, rollups and slices behind it";

function stepsOf({ mapping, fieldCount }: ExportHeader): Step[] {
  const insert = (wanted: HeaderMapping) => (path: string) => {
    const { columns, select } = loadFrom(path, wanted, fieldCount);
    return `INSERT INTO cost_landing (${columns.join(", ")}) ${select}`;
  };
  const read: Step = {
    name: READ,
    against: "",
    setup: [`CREATE TABLE fields (${loadFrom("", mapping, fieldCount).structure}) ENGINE = Null`],
    statement: (path) => `INSERT INTO fields SELECT * FROM ${loadFrom(path, mapping, fieldCount).file}`,
  };
  const statement = insert(mapping);
  const stored = ["cost_landing", "cost_entries"];
  const derived = derivedTables();
  const all = [...stored, "rejected_rows", ...derived];
  const withoutTable = ["rejected_rows", ...derived].map((table) => ({
    name: `whole without ${table}`,
    against: WHOLE,
    setup: schemaOf(all.filter((name) => name !== table)),
    statement,
  }));
  const kinds = [...new Set(mapping.mapped.map(({ kind }) => kind))];
  const withoutKind = kinds.map((kind) => {
    const mapped = mapping.mapped.filter((column) => column.kind !== kind);
    const name = `convert without ${mapping.mapped.length - mapped.length} of kind ${kind}`;
    return { name, against: CONVERT, setup: schemaOf(["cost_landing"]), statement: insert({ ...mapping, mapped }) };
  });
  return [
    read,
    { name: CONVERT, against: READ, setup: schemaOf(["cost_landing"]), statement },
    { name: STORE, against: CONVERT, setup: schemaOf(stored), statement },
    { name: WHOLE, against: STORE, setup: schemaOf(all), statement },
    ...withoutTable,
    ...withoutKind,
  ];
}

/** The tables that materialized views fill out of cost_entries. */
function derivedTables(): string[] {
  return readMigrations().flatMap(({ name }) => /^\d+_(.*)_from_entries[.]sql$/.exec(name)?.[1] ?? []);
}

/** The migrations that make these tables and fill them. */
function schemaOf(tables: readonly string[]): string[] {
  return readMigrations().flatMap(({ name, sql }) => {
    const table = /^\d+_(.*?)(?:_from_(?:landing|entries))?[.]sql$/.exec(name)?.[1] ?? "";
    return tables.includes(table) ? [sql] : [];
  });
}

function filesOf({ directory, parts }: GeneratedExport): string[] {
  return parts.map(({ path }) => join(directory, path));
}

function summaryOf(result: Result | undefined) {
  const rounds = result?.rounds ?? [];
  return {
    name: result?.name ?? "",
    seconds: spreadOf(rounds.map((round) => round.seconds)),
    cpuSeconds: spreadOf(rounds.map((round) => round.cpuSeconds)),
  };
}

/** How much more than the other step: the median over the rounds. */
function compare(step: Step, steps: readonly Step[], results: readonly Result[]) {
  const own = results[steps.indexOf(step)]?.rounds ?? [];
  const other = results[steps.findIndex(({ name }) => name === step.against)]?.rounds ?? [];
  const more = own.map((round, index) => round.cpuSeconds - (other[index]?.cpuSeconds ?? 0));
  return { against: step.against, moreCpuSeconds: spreadOf(more) };
}

function describe(figures: readonly (ReturnType<typeof summaryOf> & ReturnType<typeof compare>)[]): string {
  return formatTable(
    [
      { title: "", value: (figure) => figure.name },
      { title: "seconds", value: (figure) => formatSpread(figure.seconds), align: "right" },
      { title: "CPU seconds", value: (figure) => formatSpread(figure.cpuSeconds), align: "right" },
      { title: "more CPU", value: (figure) => figure.moreCpuSeconds.median.toFixed(2), align: "right" },
      { title: "than", value: (figure) => figure.against.split(":")[0] ?? "" },
    ],
    figures,
  );
}
