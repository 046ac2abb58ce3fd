import { z } from "zod";
import { NotFoundError } from "../src/domain/errors.ts";
import { compareRules } from "../src/domain/tracking-compile.ts";
import type { RuleChanges } from "../src/domain/tracking-changes.ts";
import { ruleAsJson } from "../src/domain/tracking-read.ts";
import { TRACKING_FALLBACKS } from "../src/domain/tracking-rule.ts";
import type { RuleSet, TrackingRule } from "../src/domain/tracking-rule.ts";
import type { Warehouse } from "./client.ts";
import { defineQuery, Moment } from "./query.ts";
import type { Reader } from "./query.ts";
import { TrackingRuleShape } from "./tracking-schema.ts";

/** A rule, and who wrote it last. */
export type KeptRule = TrackingRule & { readonly updatedAt: string; readonly updatedBy: string };

/** A row of the table that is no rule, as somebody inserted it by SQL. */
export type BrokenRule = { readonly id: string; readonly reason: string };

/** The rules that hold, in the order in which they win, and what cannot be read. */
export type KeptRuleSet = Omit<RuleSet, "rules"> & {
  readonly rules: readonly KeptRule[];
  readonly broken: readonly BrokenRule[];
};

/** What was written of a rule at one time. */
export type RuleVersion = {
  readonly updatedAt: string;
  readonly updatedBy: string;
  /** Whether the rule was removed then. */
  readonly removed: boolean;
  /** Null where it is no rule. */
  readonly rule: TrackingRule | null;
  /** Why it is none, else empty. */
  readonly reason: string;
};

const RuleRow = z.object({
  id: z.string(),
  priority: z.number(),
  name: z.string(),
  match: z.string(),
  targets: z.record(z.string(), z.string()),
  valid_from: z.string().nullable(),
  valid_to: z.string().nullable(),
  enabled: z.boolean(),
  updated_at: Moment,
  updated_by: z.string(),
});

const VersionRow = RuleRow.extend({ removed: z.boolean() });

const listRows = defineQuery<{ id: string }, z.infer<typeof RuleRow>>("tracking-rules", RuleRow);
const listVersions = defineQuery<{ id: string }, z.infer<typeof VersionRow>>("tracking-rule-history", VersionRow);
const listOptions = defineQuery<Record<string, never>, { name: string; value: string }>(
  "tracking-options",
  z.object({ name: z.string(), value: z.string() }),
);

/** Asks for all of them: no rule has an empty id. */
const EVERY_RULE = "";

/** Every rule that holds, and the fallback. */
export async function readRuleSet(reader: Reader): Promise<KeptRuleSet> {
  const [rows, options] = await Promise.all([listRows(reader, { id: EVERY_RULE }), listOptions(reader, {})]);
  const read = rows.map((row) => ({ row, ...readRow(row) }));
  const wanted = options.find(({ name }) => name === "fallback")?.value;
  return {
    rules: read.flatMap(({ row, rule }) => (rule === null ? [] : keptRule(rule, row))).toSorted(compareRules),
    broken: read.flatMap(({ row: { id }, rule, reason }) => (rule === null ? [{ id, reason }] : [])),
    fallback: TRACKING_FALLBACKS.find((known) => known === wanted) ?? "none",
  };
}

/** The rule of an id; throws NotFoundError where there is none. */
export async function findRule(reader: Reader, id: string): Promise<KeptRule> {
  const row = await requireRow(reader, id);
  const { rule, reason } = readRow(row);
  if (rule !== null) return keptRule(rule, row);
  throw new NotFoundError(
    `Rule ${id}: its row in tracking_rules cannot be read: ${reason}. Write the rule anew, or remove it.`,
  );
}

/** Everything that was ever written of a rule, the newest first; nothing where there never was one. */
export async function readRuleHistory(reader: Reader, id: string): Promise<RuleVersion[]> {
  return (await listVersions(reader, { id })).map((row) => ({
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    removed: row.removed,
    ...readRow(row),
  }));
}

/** Writes changes of rules in one insert: all of them, or none. The fallback comes behind them. */
export async function saveRules(
  warehouse: Warehouse,
  { saved, removed, fallback }: Pick<RuleChanges, "saved" | "removed" | "fallback">,
  by: string,
): Promise<void> {
  const rows = [
    ...saved.map((rule) => ({ ...ruleAsJson(rule), match: JSON.stringify(rule.match), removed: false })),
    ...removed.map((id) => ({ id, removed: true })),
  ];
  if (rows.length > 0) {
    await warehouse.insert(
      "tracking_rules",
      rows.map((row) => ({ ...row, updated_by: by })),
    );
  }
  if (fallback !== undefined) {
    await warehouse.insert("tracking_options", [{ name: "fallback", value: fallback, updated_by: by }]);
  }
}

/** Removes a rule; its history stays. Throws NotFoundError where there is none. */
export async function removeRule(warehouse: Warehouse, id: string, by: string): Promise<void> {
  const { name } = await requireRow(warehouse, id);
  await warehouse.insert("tracking_rules", [{ id, name, removed: true, updated_by: by }]);
}

async function requireRow(reader: Reader, id: string): Promise<z.infer<typeof RuleRow>> {
  const [row] = id === EVERY_RULE ? [] : await listRows(reader, { id });
  if (row !== undefined) return row;
  throw new NotFoundError(`Rule ${id}: there is none of that id. \`billhouse rules list\` shows those that there are.`);
}

function keptRule(rule: TrackingRule, { updated_at, updated_by }: z.infer<typeof RuleRow>): KeptRule {
  return { ...rule, updatedAt: updated_at, updatedBy: updated_by };
}

function readRow(row: z.infer<typeof RuleRow>): Pick<RuleVersion, "rule" | "reason"> {
  const { id, priority, name, targets, valid_from, valid_to, enabled } = row;
  const read = TrackingRuleShape.safeParse({
    id,
    priority,
    name,
    match: parseJson(row.match),
    targets,
    valid_from,
    valid_to,
    enabled,
  });
  if (read.success) return { rule: read.data, reason: "" };
  const reason = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  return { rule: null, reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // what is missing then is said
  }
}
