import { COLUMN_SETS as DOCUMENTED } from "../domain/column-sets.ts";
import type { ColumnFamily, ColumnSet as Documented } from "../domain/column-sets.ts";
import type { Dataset } from "../domain/run.ts";
import { type Column, columnsOf, type ColumnValues } from "./column.ts";
import { EA_VALUES } from "./columns-ea.ts";
import { FOCUS_VALUES } from "./columns-focus.ts";
import { MCA_VALUES } from "./columns-mca.ts";
import { MOSP_VALUES } from "./columns-mosp.ts";

export type { ColumnSetName } from "../domain/column-sets.ts";

/** The columns of one kind of export file, in the order of its header. */
export type ColumnSet = {
  readonly dataVersion: string;
  readonly datasets: readonly [Dataset, ...Dataset[]];
  readonly columns: readonly Column[];
  /** Empty where files do not name their currency. */
  readonly currencyColumn: string;
  /** The columns that hold what the datasets' metrics sum up. */
  readonly costColumns: readonly string[];
};

const VALUES: Readonly<Record<ColumnFamily, ColumnValues>> = {
  EA: EA_VALUES,
  "MCA, MPA and CSP": MCA_VALUES,
  "Pay-as-you-go": MOSP_VALUES,
  FOCUS: FOCUS_VALUES,
};
const CURRENCIES = ["billingcurrency", "billingcurrencycode", "currency"];
const COSTS = ["costinbillingcurrency", "cost", "pretaxcost", "extendedcost", "billedcost", "effectivecost"];

/** Every documented column set with the values that a charge puts into it, by name. */
export const COLUMN_SETS = mapValues(
  DOCUMENTED,
  ({ dataVersion, datasets, family, headers }: Documented): ColumnSet => {
    const columns = columnsOf(headers, VALUES[family]);
    const currencyColumn = among(headers, CURRENCIES)[0] ?? "";
    return { dataVersion, datasets, columns, currencyColumn, costColumns: among(headers, COSTS) };
  },
);

function among(headers: readonly string[], names: readonly string[]): readonly string[] {
  return headers.filter((header) => names.includes(header.toLowerCase()));
}

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  change: (value: From) => To,
): Readonly<Record<Name, To>> {
  const entries = Object.entries<From>(record).map(([name, value]): [string, To] => [name, change(value)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}
