import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readMigrations } from "../clickhouse/migrate.ts";
import { readQuery } from "../clickhouse/query.ts";
import { formatTable } from "../src/commands/table.ts";
import type { HeaderMapping } from "../src/domain/header.ts";
import { importSettings, loadFrom, measureEngine, readExportHeader } from "./bare-engine.ts";
import type { ExportHeader } from "./bare-engine.ts";
import { exportOptions, ExportOptions, sizeOf } from "./export-options.ts";
import { provideExport } from "./exports.ts";
import type { GeneratedExport } from "./exports.ts";
import { measureInTurn } from "./measurement.ts";
import type { Result } from "./measurement.ts";
import { countOption } from "./mode.ts";
import type { Mode } from "./mode.ts";
import { formatSpread, spreadOf } from "./statistics.ts";

/** Where the time of a load goes: with more and more behind it, without one table and one kind of column each. */
export const profile: Mode = {
  name: "profile",
  describes: "where the time of a load goes: steps, tables behind them, kinds of columns; in the bare engine",
  options: [...exportOptions(), countOption("--rounds <count>", "how often each step is measured, in turn", 2)],
  async run(options, note) {
    const { rounds, ...size } = Options.parse(options);
    const generated = await provideExport(sizeOf(size), note);
    const steps = stepsOf(await readExportHeader(generated));
    const contestants = steps.map(({ name, setup, statement, behind }) => ({
      name,
      remark: "",
      rowCount: generated.rowCount,
      mostRounds: rounds,
      measure: () =>
        measureEngine(
          { setup, statements: filesOf(generated).map(statement), behind, check: "SELECT 1" },
          importSettings(generated),
        ),
    }));
    const results = await measureInTurn(contestants, rounds, note);
    const figures = steps.map((step, index) => ({ ...summaryOf(results[index]), ...compare(step, steps, results) }));
    return { text: describe(figures), figures };
  },
};

const Options = ExportOptions.extend({ rounds: z.number() });

type Step = {
  readonly name: string;
  /** Name of the step that this one is held against. */
  readonly against: string;
  readonly setup: string[];
  /** What is done with a file. */
  readonly statement: (path: string) => string;
  /** What is done once all files are in. */
  readonly behind: string[][];
};

const READ = "read: unpack, split into texts";
const CONVERT = "convert: the load's SELECT";
const STORE = "store: cost_entries behind it";
const WHOLE = "whole: rejects beside it, rollups and slices out of it";

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
    behind: [],
  };
  const statement = insert(mapping);
  const derivations = listDerivations();
  const stored = schemaOf(["cost_entries"]);
  const all = schemaOf(["cost_entries", "rejected_rows"]);
  const whole: Step = { name: WHOLE, against: STORE, setup: all, statement, behind: groupsOf(derivations) };
  const store: Step = { name: STORE, against: CONVERT, setup: stored, statement, behind: [] };
  const underived = {
    ...store,
    name: "store without derived columns",
    against: STORE,
    setup: [...stored, ...UNDERIVED],
  };
  const withoutDerivation = derivations.map((left) => ({
    ...whole,
    name: `whole without ${left.name}`,
    against: WHOLE,
    behind: groupsOf(derivations.filter((one) => one !== left)),
  }));
  const kinds = [...new Set(mapping.mapped.map(({ kind }) => kind))];
  const withoutKind = kinds.map((kind) => {
    const mapped = mapping.mapped.filter((column) => column.kind !== kind);
    const name = `convert without ${mapping.mapped.length - mapped.length} of kind ${kind}`;
    return { name, against: CONVERT, setup: schemaOf([]), statement: insert({ ...mapping, mapped }), behind: [] };
  });
  return [
    read,
    { name: CONVERT, against: READ, setup: schemaOf([]), statement, behind: [] },
    store,
    underived,
    whole,
    { ...whole, name: "whole without rejected_rows", against: WHOLE, setup: stored },
    ...withoutDerivation,
    ...withoutKind,
  ];
}

/** Leaves the derived columns empty, and names and types of resources as they are delivered. */
const UNDERIVED = [
  `ALTER TABLE cost_entries_from_landing MODIFY QUERY
  SELECT * EXCEPT (reject, reject_text, reject_cost) FROM cost_landing WHERE reject = ''`,
  ...["vm_size", "vcpus", "vm_os", "aks_cluster", "aks_pool", "storage_tier", "sql_sku", "malformed_json"].map(
    (name) => `ALTER TABLE cost_entries MODIFY COLUMN ${name} REMOVE DEFAULT`,
  ),
];

/** A statement that fills a rollup or the slices of a dimension out of a load. */
type Derivation = { readonly name: string; readonly sql: string };

function listDerivations(): Derivation[] {
  const files = readdirSync(new URL("../clickhouse/queries/", import.meta.url)).toSorted();
  return files.flatMap((file) => {
    const name = /^derive-(.*)[.]sql$/.exec(file)?.[1];
    return name === undefined ? [] : [{ name, sql: readQuery(`derive-${name}`) }];
  });
}

/** Those that read the lines come first, those that read what the first ones made behind them. */
function groupsOf(derivations: readonly Derivation[]): string[][] {
  const isFirst = ({ sql }: Derivation) => sql.includes("FROM cost_entries");
  const groups = [derivations.filter(isFirst), derivations.filter((one) => !isFirst(one))];
  return groups.map((group) => group.map(({ sql }) => sql));
}

/** The whole schema, of which a load fills only these tables. */
function schemaOf(tables: readonly string[]): string[] {
  const migrations = readMigrations();
  const unwanted = migrations.flatMap(({ name }) => {
    const [, table, from] = /^\d+_(.*)_from_(landing|entries)[.]sql$/.exec(name) ?? [];
    return table === undefined || tables.includes(table) ? [] : [`DROP VIEW IF EXISTS ${table}_from_${from}`];
  });
  return [...migrations.map(({ sql }) => sql), ...unwanted];
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
