import { isAbsolute } from "node:path";
import { z } from "zod";
import { Address, By, Cloud, Currency, EaApi, Enrollment, TaxFactor } from "../../clickhouse/api-settings.ts";
import {
  FolderSourcePath,
  LINE_SETTINGS,
  settingNames,
  SOURCE_SETTINGS,
  sourceSchema,
} from "../../clickhouse/source-settings.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { ownSettings, sourceOf, textOf } from "../domain/source-text.ts";
import { isApiSource, SOURCE_KINDS } from "../domain/source.ts";
import type { Source } from "../domain/source.ts";

const { name, ...settings } = SOURCE_SETTINGS;

const REMEDY = "Leave it out, or PUT the source as another kind.";

const path = FolderSourcePath.refine((text) => isAbsolute(text), {
  error: "expected an absolute path: the service has no directory of yours",
}).describe("Absolute path of the directory");
const lines = { ...LINE_SETTINGS, path };

/** A source that is to be added. */
export const NewSource = sourceSchema({ name, ...settings }, lines);

/** All settings of a source; what is not said is as by default. */
export const WholeSource = sourceSchema(settings, lines);

const text = { error: "expected a text" };
const list = { error: "expected a list" };
const number = { error: "expected a whole number" };

/** The settings that only some kinds have; null where a kind has none of that name. What depends on the kind is loose. */
const OWN_SETTINGS = {
  url: z.string(text).nullable().describe("Container and base folder, or address of the EA reporting API"),
  path: z.string(text).nullable().describe("Path of the directory"),
  credential: z.string(text).nullable().describe("`default`, or `env:NAME`"),
  scope: z.string(text).nullable().describe("What the API is asked about"),
  identity: LINE_SETTINGS.identity.nullable(),
  cloud: Cloud.nullable(),
  endpoint: Address.nullable().describe("Another address than the management API of the cloud"),
  enrollment: Enrollment.nullable(),
  api: EaApi.nullable(),
  currency: Currency.nullable(),
  taxFactor: TaxFactor.nullable(),
  datasets: z.array(z.string(text), list).nullable().describe("Which figures are asked for"),
  by: By.nullable(),
  monthsBack: z.int(number).nullable().describe("How many months before the present one are asked for"),
  refreshHours: z.int(number).nullable().describe("After how many hours an open month is asked for again"),
};

const NONE = Object.fromEntries(Object.keys(OWN_SETTINGS).map((setting) => [setting, null])) as Readonly<
  Record<keyof typeof OWN_SETTINGS, null>
>;

/** Some settings of a source; what is not said stays as it is. */
export const ChangedSource = z
  .strictObject({
    enabled: withoutDefault(settings.enabled),
    priority: withoutDefault(settings.priority),
    rejectLimit: withoutDefault(settings.rejectLimit),
    ...OWN_SETTINGS,
  })
  .partial();

/** A source with all of its settings. */
export const SourceAnswer = z.object({
  name: z.string().describe("Name of the source"),
  kind: z.enum(SOURCE_KINDS).describe("What it is: storage, an API, or what is given to it"),
  enabled: z.boolean().describe("Whether imports of all sources include it"),
  priority: z.int().describe("Who answers where two sources cover the same: the smaller one"),
  rejectLimit: z.int().describe("How many rows of a run may be refused before the run is not published"),
  ...OWN_SETTINGS,
});

/** The source after a change. Throws InvalidParameterError for a setting that its kind does not have, or not so. */
export function changeSource(source: Source, change: z.infer<typeof ChangedSource>): Source {
  const { name: id, kind, ...before } = textOf(source);
  const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const foreign = Object.keys(said).find((key) => key in OWN_SETTINGS && !settingNames(kind).includes(key));
  if (foreign !== undefined) {
    const has = settingNames(kind).join(", ") || "no settings of their own";
    throw new InvalidParameterError(foreign, `${foreign}: sources of the kind ${kind} have ${has}. ${REMEDY}`);
  }
  const { url: _, ...elsewhere } = { url: null, ...before };
  const isMoved = kind === "ea" && "cloud" in said; // to that cloud's url, unless another one is said
  const after = WholeSource.safeParse({ ...(isMoved ? elsewhere : before), kind, ...said });
  if (after.success) return sourceOf({ ...after.data, name: id });
  const { path: where = [], message = "" } = after.error.issues[0] ?? {};
  throw new InvalidParameterError(where.join("."), `${where.join(".")}: ${message}`);
}

/** What is told of a source. */
export function toAnswer(source: Source): z.infer<typeof SourceAnswer> {
  const { name: id, kind, enabled, priority, rejectLimit } = source;
  const datasets = isApiSource(source) ? [...source.datasets] : null;
  return { ...NONE, name: id, kind, enabled, priority, rejectLimit, ...ownSettings(source), datasets };
}

function withoutDefault<Setting extends z.ZodType>(setting: z.ZodDefault<Setting>): Setting {
  return setting.unwrap().describe(setting.description ?? "");
}
