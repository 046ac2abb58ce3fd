import type { CompiledRules } from "../src/domain/tracking-compile.ts";
import { planSearches } from "../src/domain/tracking-search.ts";
import type { Warehouse } from "./client.ts";

const ROWS_AT_ONCE = 5_000; // they are one text in memory for a moment
const FIRST_DAY = "1970-01-01";
const LAST_DAY = "2149-06-06"; // the last one that ClickHouse's type Date holds: no cost has it

/** Writes the rules of an evaluation in the form in which they are evaluated; they stay with it. */
export async function saveCompiled(
  warehouse: Warehouse,
  evaluationId: string,
  { rules, atoms, terms }: CompiledRules,
): Promise<void> {
  const evaluation = { evaluation_id: evaluationId };
  await Promise.all([
    insertAll(warehouse, "tracking_evaluation_rules", rules, ({ rule, number, level }) => ({
      ...evaluation,
      number,
      level,
      rule_id: rule.id,
      priority: rule.priority,
      name: rule.name,
      targets: rule.targets,
      match: JSON.stringify(rule.match),
      valid_from: rule.validFrom ?? FIRST_DAY,
      valid_to: rule.validTo ?? LAST_DAY,
    })),
    insertAll(warehouse, "tracking_atoms", planSearches(atoms), (search) => {
      const atom = atoms[search.number - 1];
      return { ...evaluation, ...search, field: atom?.field, operator: atom?.operator, value: atom?.value };
    }),
    insertAll(warehouse, "tracking_terms", terms, (term) => ({ ...evaluation, ...term })),
  ]);
}

async function insertAll<Item>(
  warehouse: Warehouse,
  table: string,
  items: readonly Item[],
  toRow: (item: Item) => object,
): Promise<void> {
  for (let from = 0; from < items.length; from += ROWS_AT_ONCE) {
    await warehouse.insert(table, items.slice(from, from + ROWS_AT_ONCE).map(toRow));
  }
}
