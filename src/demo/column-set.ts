import type { Dataset } from "../domain/run.ts";
import type { Column } from "./column.ts";
import { EA_COLUMNS, EA_ORDER_2021, EA_PORTAL_NAMES, EA_PORTAL_ORDER } from "./columns-ea.ts";
import { FOCUS_COLUMNS } from "./columns-focus.ts";
import { MCA_COLUMNS } from "./columns-mca.ts";
import { MOSP_COLUMNS } from "./columns-mosp.ts";

/** The columns of one kind of export file, in the order of its header. */
export type ColumnSet = {
  readonly dataVersion: string;
  readonly datasets: readonly Dataset[];
  readonly columns: readonly Column[];
  readonly currencyColumn: string;
  /** The columns that hold what the datasets' metrics sum up. */
  readonly costColumns: readonly string[];
};

const EA = { datasets: ["actual", "amortized"], currencyColumn: "BillingCurrencyCode" } as const;

/** Every column set that can be generated, by name. */
export const COLUMN_SETS = {
  "ea-2023-12-01-preview": {
    ...EA,
    dataVersion: "2023-12-01-preview",
    columns: EA_COLUMNS,
    costColumns: ["CostInBillingCurrency"],
  },
  "ea-2021-10-01": {
    ...EA,
    dataVersion: "2021-10-01",
    columns: inOrder(EA_COLUMNS, EA_ORDER_2021),
    costColumns: ["CostInBillingCurrency"],
  },
  "ea-portal": {
    ...EA,
    dataVersion: "2023-12-01-preview",
    columns: inOrder(renamed(EA_COLUMNS, EA_PORTAL_NAMES), EA_PORTAL_ORDER),
    currencyColumn: "BillingCurrency",
    costColumns: ["Cost"],
  },
  "mca-2023-12-01-preview": {
    dataVersion: "2023-12-01-preview",
    datasets: ["actual", "amortized"],
    columns: MCA_COLUMNS,
    currencyColumn: "billingCurrency",
    costColumns: ["costInBillingCurrency"],
  },
  "mosp-2019-11-01": {
    dataVersion: "2019-11-01",
    datasets: ["usage"],
    columns: MOSP_COLUMNS,
    currencyColumn: "Currency",
    costColumns: ["PreTaxCost"],
  },
  "focus-1.0r2": {
    dataVersion: "1.0r2",
    datasets: ["focus"],
    columns: FOCUS_COLUMNS,
    currencyColumn: "BillingCurrency",
    costColumns: ["BilledCost", "EffectiveCost"],
  },
} as const satisfies Record<string, ColumnSet>;

/** The name of a column set that can be generated. */
export type ColumnSetName = keyof typeof COLUMN_SETS;

function inOrder(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new RangeError(`${name} is not one of the columns: correct the order`);
    return column;
  });
}

function renamed(columns: readonly Column[], names: Readonly<Record<string, string>>): readonly Column[] {
  return columns.map(({ name, value }) => ({ name: names[name] ?? name, value }));
}
