import { describe, expect, test } from "vitest";
import type { ApiSource, PushSource, Source } from "../../src/domain/source.ts";
import { EXTRACTION_DEFAULTS, SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import { openExtractor, openStore } from "../../src/sources/open-store.ts";
import { API_SOURCE } from "../support/scripted-host.ts";

const PUSH: PushSource = { ...SOURCE_DEFAULTS, name: "portal", kind: "push" };
const { by: _by, ...MANAGED } = API_SOURCE;
const API_SOURCES: readonly ApiSource[] = [
  API_SOURCE,
  { ...MANAGED, kind: "usage-details" },
  {
    ...SOURCE_DEFAULTS,
    ...EXTRACTION_DEFAULTS,
    name: "contoso",
    kind: "ea",
    datasets: ["actual"],
    url: "https://consumption.azure.com",
    enrollment: "1234567",
    credential: { env: "EA_KEY" },
    api: "v3",
    by: "month",
    currency: null,
    taxFactor: null,
  },
];

describe("the store that a source names", () => {
  test("of files that are given to it lists and opens nothing, and says how they are given", async () => {
    const store = openStore(PUSH, {});
    const advice = /^portal: .*POST \/v1\/ingest\/portal or by `billhouse import-file --source-name portal`$/;
    await expect(list(PUSH)).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringMatching(advice) as string,
    });
    await expect(store.open({ path: "may.csv", etag: "", byteCount: 0 })).rejects.toThrow(advice);
    await expect(store.read({ path: "may.csv", etag: "", byteCount: 0 }, 0, 4)).rejects.toThrow(advice);
  });

  test.each(API_SOURCES)("of the API $kind lists nothing, and says that it is asked", async (source) => {
    await expect(list(source, { EA_KEY: "KEY-SECRET" })).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("billhouse import --source contoso") as string,
    });
  });

  test.each(API_SOURCES)("of the API $kind is there without a variable being set", (source) => {
    const place = source.kind === "ea" ? `${source.url}/${source.enrollment}` : source.scope;
    expect(openStore(source, {})).toMatchObject({ place, prefix: "" });
    expect(openExtractor(source, {})).toMatchObject({ place });
  });

  test("what is not a part of a report is not opened", async () => {
    const opening = openStore(API_SOURCE, {}).open({ path: "may.csv", etag: "", byteCount: 0 });
    await expect(opening).rejects.toMatchObject({ name: "InvalidRequestError" });
  });
});

async function list(source: Source, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of openStore(source, environment).list()) paths.push(path);
  return paths;
}
