import { z } from "zod";
import { WarehouseError } from "../src/domain/errors.ts";
import { Count, defineQuery } from "./query.ts";
import type { Reader } from "./query.ts";

/** What a load has to know of the engine behind a warehouse. */
export type EngineFacts = {
  /** How many threads a statement may have. */
  readonly threads: number;
  /** Whether it makes machine code of patterns unless it is told not to. */
  readonly compilesPatterns: boolean;
};

const EngineFactsRow = z
  .object({ threads: Count, compiles_patterns: Count })
  .transform(({ threads, compiles_patterns }): EngineFacts => ({ threads, compilesPatterns: compiles_patterns > 0 }));

const askFacts = defineQuery<Record<string, never>, EngineFacts>("engine-facts", EngineFactsRow);

async function ask(warehouse: Reader): Promise<EngineFacts> {
  const [facts] = await askFacts(warehouse, {});
  if (facts === undefined) throw new WarehouseError("The warehouse does not say how many threads it has.");
  return facts;
}

const known = new WeakMap<Reader, Promise<EngineFacts>>();

/** What there is to know of the engine behind a warehouse; asked for once. */
export async function readEngineFacts(warehouse: Reader): Promise<EngineFacts> {
  const asked = known.get(warehouse) ?? ask(warehouse);
  known.set(warehouse, asked);
  asked.catch(() => known.delete(warehouse));
  return asked;
}
