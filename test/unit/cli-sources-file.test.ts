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
  const sources = parse(
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
  expect(sources).toEqual([
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
    "sources.yaml:6:5 priorty: unknown setting; there are name, kind, url, credential, enabled, priority, rejectLimit",
    "sources.yaml:8:5 kind: expected blob or folder",
    "sources.yaml:9:5 path: expected the path of a directory",
    "sources.yaml:11:5 enabled: expected true or false",
    "sources.yaml:12:5 rejectLimit: expected a number of rows, 0 or more",
    "sources.yaml:13:5 priority: expected a whole number; the smaller one answers",
    "sources.yaml:14:5 name: expected a name like contoso",
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
