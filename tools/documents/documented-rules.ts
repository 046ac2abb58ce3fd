import { readFileSync } from "node:fs";
import type { Warehouse } from "../../clickhouse/client.ts";
import { evaluateTracking } from "../../clickhouse/tracking-evaluation.ts";
import { saveRules } from "../../clickhouse/tracking-rules.ts";
import { readRuleFile } from "../../src/tracking-file.ts";

const DOCUMENT = new URL("../../docs/http.md", import.meta.url);
const RULES = /^```yaml\n(.*?)^```$/ms;

/** Writes and evaluates the rule file that docs/http.md shows: its answers are about these rules. */
export async function applyDocumentedRules(warehouse: Warehouse): Promise<void> {
  const text = RULES.exec(readFileSync(DOCUMENT, "utf8"))?.[1] ?? "";
  const { rules, fallback } = await readRuleFile(warehouse, text, "http.md.yaml");
  await saveRules(warehouse, { saved: rules, removed: [], fallback }, "analyst");
  await evaluateTracking(warehouse);
}
