import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLUMN_SETS as GENERATED } from "../../src/demo/column-set.ts";
import { COLUMN_SET_NAMES, COLUMN_SETS, type ColumnSetName } from "../../src/domain/column-sets.ts";
import { CANONICAL_COLUMNS, nameOf } from "../../src/domain/columns.ts";
import { mapHeader } from "../../src/domain/header.ts";
import type { Dataset } from "../../src/domain/run.ts";

/** As many columns as Azure's and FOCUS's documents list. */
const DOCUMENTED_COUNTS: Readonly<Record<ColumnSetName, number>> = {
  "ea-2019-10-01": 27,
  "ea-2020-01-01": 52,
  "ea-2021-01-01": 53,
  "ea-2021-10-01": 55,
  "ea-2023-12-01-preview": 55,
  "ea-2024-08-01": 57,
  "ea-portal": 55,
  "ea-reporting-v2": 33,
  "ea-reporting-v3": 40,
  "mca-2019-10-01": 60,
  "mca-2019-11-01": 60,
  "mca-2021-01-01": 62,
  "mca-2021-10-01": 65,
  "mca-2023-12-01-preview": 65,
  "mpa-2019-11-01": 66,
  "mpa-2021-01-01": 67,
  "mpa-2021-10-01": 70,
  "mpa-2023-12-01-preview": 70,
  "csp-2019-11-01": 52,
  "csp-2021-01-01": 53,
  "csp-2021-10-01": 56,
  "csp-2023-12-01-preview": 56,
  "mosp-2019-11-01": 24,
  "focus-1.0-preview": 94,
  "focus-1.0": 96,
  "focus-1.0r2": 96,
  "focus-1.2-preview": 105,
  "focus-1.2": 104,
  "focus-1.3": 65,
  "focus-1.4": 65,
};

const REPORTING = "resourceLocationId consumedServiceId serviceAdministratorId subscriptionId storeServiceIdentifier";
const SINCE_1_3 = `AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName AllocatedTags
  ContractApplied HostProviderName PricingCurrencyContractedUnitPrice PricingCurrencyListUnitPrice`;

/** What has no column of its own, and nothing else has none; docs/columns.md lists the same. */
const EXTRA: Readonly<Partial<Record<ColumnSetName, string>>> = {
  "ea-reporting-v2": REPORTING,
  "ea-reporting-v3": `chargesBilledSeparately resourceGuid ${REPORTING}`,
  "focus-1.0-preview": "ChargeSubcategory x_ChargeId",
  "focus-1.2-preview": "x_AmortizationClass",
  "focus-1.2": "x_AmortizationClass",
  "focus-1.3": `ServiceProviderName ${SINCE_1_3}`,
  "focus-1.4": `CommitmentProgramEligibilityDetails InvoiceDetailId ${SINCE_1_3}`,
};

describe.each(COLUMN_SET_NAMES)("the columns of %s", (name) => {
  const { headers, datasets } = COLUMN_SETS[name];

  test("are the documented ones in their order", () => {
    const documented = readFileSync(new URL(`../fixtures/headers/${name}.csv`, import.meta.url), "utf8");
    expect(headers.join(",")).toBe(documented.trimEnd());
    expect(headers).toHaveLength(DOCUMENTED_COUNTS[name]);
    expect(GENERATED[name].columns.map((column) => column.name)).toEqual(headers);
  });

  test.each(datasets)("all have a place in %s files, but for those that are listed", (dataset) => {
    const { mapped, extra } = mapHeader(headers, dataset, "part.csv");
    const listed = EXTRA[name]?.split(/\s+/) ?? [];
    expect(extra.map((column) => column.header).toSorted()).toEqual(listed.toSorted());
    const canonical = mapped.map((column) => column.canonical);
    expect(canonical).toEqual([...new Set(canonical)]);
    const places = new Set([...mapped, ...extra].map((column) => column.index));
    expect(places.size).toBe(headers.length);
  });

  test("mean the same in any order, in upper or lower case, and localised", () => {
    const [dataset] = datasets;
    const meanings = meaningOf(headers, dataset);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...headers], { minLength: headers.length }),
        fc.constantFrom(...SPELL),
        (shuffled, spell) => {
          const spelled = new Map(shuffled.map((column) => [spell(column), column]));
          expect(meaningOf([...spelled.keys()], dataset, spelled)).toEqual(meanings);
        },
      ),
      { numRuns: 10 },
    );
  });
});

test("every spelling stands in a documented column set, but for a few", () => {
  const known = new Set(
    COLUMN_SET_NAMES.flatMap((name) => COLUMN_SETS[name].headers.map((header) => header.toLowerCase())),
  );
  const spellings = CANONICAL_COLUMNS.flatMap((column) => column.spellings.map(nameOf));
  expect(spellings.filter((spelling) => !known.has(spelling.toLowerCase()))).toEqual(UNDOCUMENTED);
});

/** Seen in files, made by sources with a tax factor, and in answers of the usage details API. */
const UNDOCUMENTED = ["UsageDate", "CostWithTax", "ProductIdentifier"];

const SPELL = [
  (name: string) => name.toUpperCase(),
  (name: string) => name.toLowerCase(),
  (name: string) => ` ${name} `,
  (name: string) => `Größe – 名前 (${name})`,
];

function meaningOf(
  header: readonly string[],
  dataset: Dataset,
  names?: ReadonlyMap<string, string>,
): Record<string, string> {
  const { mapped } = mapHeader(header, dataset, "part.csv");
  return Object.fromEntries(
    mapped.map((column) => [column.canonical, `${names?.get(column.header) ?? column.header} ${column.kind}`]),
  );
}
