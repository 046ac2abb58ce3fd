import { createHash } from "node:crypto";
import { shortRule } from "../src/domain/tracking-rule.ts";
import type { Condition, Match, TrackingField, TrackingOperator, TrackingRule } from "../src/domain/tracking-rule.ts";

const APPLICATIONS = [
  "web",
  "shop",
  "lake",
  "etl",
  "auth",
  "mail",
  "pay",
  "report",
  "search",
  "cache",
  "queue",
  "admin",
];
const ENVIRONMENTS = ["prod", "dev", "test", "stage"];

/**
 * Rules of every kind for the resources of the tracking warehouse: of twenty, eight are short, four compare with whole texts,
 * two with beginnings or ends, one with a wildcard and two with a regular expression; three are trees.
 */
export function generateRules(count: number): TrackingRule[] {
  return Array.from({ length: count }, (_, index) => generateRule(index));
}

function generateRule(index: number): TrackingRule {
  const digits = createHash("sha256").update(String(index)).digest("hex");
  const number = Number.parseInt(digits.slice(0, 8), 16);
  const application = APPLICATIONS[number % APPLICATIONS.length] ?? "";
  const environment = ENVIRONMENTS[number % ENVIRONMENTS.length] ?? "";
  const name = `${application}-${digits.slice(8, 11)}`;
  const group = `rg-${application}-${environment}-${number % 500}`;
  const id = String(index + 1);
  const kind = index % 20;
  if (kind < 4) return shortRule(id, name, { priority: 50 });
  if (kind < 8) return shortRule(id, group, { priority: 60 });
  const targets = { application_service: application, environment, owner: `team-${number % 300}` };
  const match = matchOf(kind, { application, environment, name, group, number, digits });
  return { id, priority: kind * 10, name, match, targets, validFrom: null, validTo: null, enabled: true };
}

type Parts = Readonly<Record<"application" | "environment" | "name" | "group" | "digits", string>> & {
  readonly number: number;
};

function matchOf(kind: number, { application, environment, name, group, number, digits }: Parts): Match {
  const is = (field: TrackingField, operator: TrackingOperator, value: string): Condition => ({
    field,
    operator,
    value,
  });
  switch (kind) {
    case 8:
    case 9:
    case 10:
      return is("resource_group", "equals", group);
    case 11:
      return is("tag:costcenter", "equals", String(4000 + (number % 1000)));
    case 12:
      return is("last_segment", "prefix", name.toUpperCase());
    case 13:
      return is("resource_name", "suffix", `-${environment}-${digits.replaceAll(/\D/g, "").slice(0, 4)}`);
    case 14:
      return is("last_segment", "wildcard", `${name}*-${environment}-*`);
    case 15:
      return is("resource_name", "regex", `^${name}[0-9a-f]{2,3}-(prod|${environment})-\\d+$`);
    case 16:
      return is("resource_id", "regex", `/resourcegroups/${group}/.*/${application}-[a-f]`);
    case 17:
      return {
        all: [
          is("region", "equals", "westeurope"),
          is("tag:env", "equals", environment),
          is("last_segment", "contains", name),
        ],
      };
    case 18:
      return { all: [is("resource_group", "prefix", group), { not: is("meter_category", "equals", "storage") }] };
    default:
      return {
        any: [
          { all: [is("resource_type", "suffix", "/disks"), is("tag:owner", "equals", `team-${number % 300}`)] },
          {
            all: [
              is("resource_group", "equals", group),
              { not: { any: [is("region", "prefix", "west"), is("tag:env", "equals", "dev")] } },
            ],
          },
        ],
      };
  }
}
