import { expect, test } from "vitest";
import { parseSourcesFile } from "../../src/sources-file.ts";

const parse = (...lines: string[]) => parseSourcesFile(lines.join("\n"), "sources.yaml", "/etc/billhouse");
const refusal = (...lines: string[]): string => {
  try {
    parse(...lines);
  } catch (error) {
    return error instanceof Error ? `${error.name} ${error.message}` : String(error);
  }
  return "not refused";
};

test("a file names blob and folder sources; what it leaves out has its default", () => {
  const configured = parse(
    "sources:",
    "  - name: contoso",
    "    kind: blob",
    "    url: https://contoso.blob.core.windows.net/exports/daily",
    "    credential: { env: CONTOSO_STORAGE }   # or: default",
    "  - name: fabrikam",
    "    kind: blob",
    "    url: https://fabrikam.blob.core.windows.net/exports",
    "  - name: archive",
    "    kind: folder",
    "    path: ./exports",
    "    enabled: false",
    "    priority: 10",
    "    rejectLimit: 3",
  );
  const settings = { enabled: true, priority: 100, rejectLimit: 0 };
  expect(configured.map(({ schedule }) => schedule)).toEqual([null, null, null]);
  expect(configured.map(({ source }) => source)).toEqual([
    {
      ...settings,
      name: "contoso",
      kind: "blob",
      url: "https://contoso.blob.core.windows.net/exports/daily",
      credential: { env: "CONTOSO_STORAGE" },
    },
    {
      ...settings,
      name: "fabrikam",
      kind: "blob",
      url: "https://fabrikam.blob.core.windows.net/exports",
      credential: "default",
    },
    { name: "archive", kind: "folder", path: "/etc/billhouse/exports", enabled: false, priority: 10, rejectLimit: 3 },
  ]);
});

test("everything that is wrong is listed with its line and what is expected", () => {
  const message = refusal(
    "sources:",
    "  - name: Contoso",
    "    kind: blob",
    "    url: https://contoso.dfs.core.windows.net/exports",
    "    credential: { env: 7, key: abc }",
    "    priorty: 5",
    "  - name: archive",
    "    kind: directory",
    "  - name: b",
    "    kind: folder",
    "    enabled: maybe",
    "    rejectLimit: -1",
    "    priority: high",
    "  - kind: folder",
    "    path: ./x",
  );
  expect(message.split("\n")).toEqual([
    "InvalidRequestError sources.yaml: 11 errors, nothing was changed.",
    "sources.yaml:2:5 name: expected a name of a-z, 0-9, . _ and -, such as contoso",
    "sources.yaml:4:5 url: https://contoso.dfs.core.windows.net/exports: is a Data Lake endpoint: write .blob. instead of .dfs., it is the same data",
    "sources.yaml:5:19 credential.env: expected the name of an environment variable, such as CONTOSO_STORAGE",
    "sources.yaml:5:27 credential.key: unknown setting; there are env",
    "sources.yaml:6:5 priorty: unknown setting; there are name, kind, url, credential, enabled, priority, rejectLimit, schedule",
    "sources.yaml:8:5 kind: expected blob or folder",
    "sources.yaml:9:5 path: expected the path of a directory",
    "sources.yaml:11:5 enabled: expected true or false",
    "sources.yaml:12:5 rejectLimit: expected a number of rows, 0 or more",
    "sources.yaml:13:5 priority: expected a whole number; the smaller one answers",
    "sources.yaml:14:5 name: expected a name like contoso",
  ]);
});

test("a source may have a schedule: a cron expression, or one with settings", () => {
  const configured = parse(
    "sources:",
    "  - { name: a, kind: folder, path: x, schedule: '0 */4 * * *' }",
    "  - name: b",
    "    kind: folder",
    "    path: y",
    "    schedule: { cron: 30 6 * * mon-fri, timeZone: Europe/Berlin, jitter: 5m, catchUp: 2h, paused: true }",
  );
  expect(configured.map(({ source }) => Object.keys(source))).not.toContain("schedule");
  expect(configured.map(({ schedule }) => schedule)).toMatchObject([
    { cron: { text: "0 */4 * * *" }, timeZone: "UTC", jitterSeconds: 60, catchUpSeconds: 86_400 },
    {
      cron: { text: "30 6 * * mon-fri", minute: [30], hour: [6], dayOfWeek: [1, 2, 3, 4, 5] },
      timeZone: "Europe/Berlin",
      jitterSeconds: 300,
      catchUpSeconds: 7200,
      paused: true,
    },
  ]);
  expect(configured[0]?.schedule?.paused).toBeUndefined();
});

test("a schedule that is wrong is refused with its place", () => {
  const message = refusal(
    "sources:",
    "  - { name: a, kind: folder, path: x, schedule: 0 25 * * * }",
    "  - name: b",
    "    kind: folder",
    "    path: y",
    "    schedule:",
    "      cron: 0 4 * *",
    "      timeZone: Mars/Olympus",
    "      jitter: soon",
    "      catchUp: 5s",
    "      every: day",
    "  - { name: c, kind: folder, path: z, schedule: 7 }",
  );
  expect(message.split("\n").map((line) => line.slice(0, 64))).toEqual([
    "InvalidRequestError sources.yaml: 7 errors, nothing was changed.",
    "sources.yaml:2:49 schedule.cron: hour: expected *, numbers from ",
    "sources.yaml:7:7 schedule.cron: expected the five fields minute,",
    "sources.yaml:8:7 schedule.timeZone: expected a time zone like UT",
    "sources.yaml:9:7 schedule.jitter: expected a time span like 90s,",
    "sources.yaml:10:7 schedule.catchUp: expected a time span of at l",
    "sources.yaml:11:7 schedule.every: unknown setting; there are cro",
    "sources.yaml:12:39 schedule: expected a cron expression, or a ma",
  ]);
});

test("a name that is there twice is wrong the second time", () => {
  expect(
    refusal("sources:", "  - { name: a, kind: folder, path: x }", "  - { name: a, kind: folder, path: y }"),
  ).toContain("sources.yaml:3:7 name: a is on line 2 already");
});

test("YAML that cannot be read says where", () => {
  expect(refusal("sources:", "  - name: a", "   kind: folder")).toMatch(/sources\.yaml:3:1 /);
  expect(refusal("sources:", "  - name: a", "    name: b")).toMatch(/sources\.yaml:3:5 Map keys must be unique/);
});

test.each([
  ["", "sources.yaml:1:1 expected `sources:` with a list below it"],
  ["source: []", "sources.yaml:1:1 source: unknown setting; there are sources"],
  ["sources: x", "sources.yaml:1:1 expected a list of sources"],
  ["sources: [7]", "sources.yaml:1:11 "],
  [
    "sources:\n  - { name: a, kind: blob, url: 'https://c.blob.core.windows.net/e', credential: secret }",
    "sources.yaml:2:70 credential: expected default, or { env: NAME }",
  ],
])("%j is refused", (text, message) => {
  expect(refusal(text)).toContain(message);
});
