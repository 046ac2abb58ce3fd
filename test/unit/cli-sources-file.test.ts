import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingNames } from "../../clickhouse/source-settings.ts";
import { SOURCE_KINDS } from "../../src/domain/source.ts";
import { HELP } from "../../src/help.ts";
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
    "sources.yaml:8:5 kind: expected blob, folder, cost-details, ea, usage-details, push",
    "sources.yaml:9:5 path: expected the path of a directory",
    "sources.yaml:11:5 enabled: expected true or false",
    "sources.yaml:12:5 rejectLimit: expected a number of rows, 0 or more",
    "sources.yaml:13:5 priority: expected a whole number; the smaller one answers",
    "sources.yaml:14:5 name: expected a name like contoso",
  ]);
});

const SUBSCRIPTION = "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444";
const ACCOUNT = "/providers/Microsoft.Billing/billingAccounts/1234567";
const CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444";

test("a file names sources that ask an API, or that are given files; what it leaves out has its default", () => {
  const configured = parse(
    "sources:",
    `  - { name: reports, kind: cost-details, scope: ${ACCOUNT} }`,
    `  - { name: items, kind: usage-details, scope: ${SUBSCRIPTION} }`,
    '  - { name: old, kind: ea, enrollment: "12345678", credential: { env: CONTOSO_EA_KEY } }',
    "  - { name: given, kind: push, priority: 7 }",
  );
  const settings = { enabled: true, priority: 100, rejectLimit: 0, monthsBack: 1 };
  const management = { cloud: "public", endpoint: null, identity: { kind: "default" } };
  expect(configured.map(({ source }) => source)).toEqual([
    {
      ...settings,
      ...management,
      name: "reports",
      kind: "cost-details",
      scope: ACCOUNT,
      datasets: ["actual", "amortized"],
      by: "month",
      refreshHours: 4,
    },
    {
      ...settings,
      ...management,
      name: "items",
      kind: "usage-details",
      scope: SUBSCRIPTION,
      datasets: ["actual"],
      refreshHours: 24,
    },
    {
      ...settings,
      name: "old",
      kind: "ea",
      url: "https://consumption.azure.com",
      enrollment: "12345678",
      credential: { env: "CONTOSO_EA_KEY" },
      api: "v3",
      by: "billing-period",
      currency: null,
      taxFactor: null,
      datasets: ["actual"],
      refreshHours: 24,
    },
    { name: "given", kind: "push", enabled: true, priority: 7, rejectLimit: 0 },
  ]);
});

test("all settings of sources that ask an API can be said", () => {
  const configured = parse(
    "sources:",
    "  - name: reports",
    "    kind: cost-details",
    `    scope: ${ACCOUNT}`,
    "    cloud: us-government",
    "    endpoint: http://127.0.0.1:8000/gateway",
    "    identity: managed",
    "    datasets: [amortized]",
    "    by: billing-period",
    "    monthsBack: 13",
    "    refreshHours: 1",
    "  - name: old",
    "    kind: ea",
    "    url: https://ea.example.com",
    "    enrollment: V5702303S0121",
    "    credential: { env: CONTOSO_EA_KEY }",
    "    api: usage-report-v3",
    "    by: month",
    "    currency: CNY",
    '    taxFactor: "1.06"',
    "    datasets: [actual]",
    "    monthsBack: 36",
    "    refreshHours: 12",
  );
  expect(configured.map(({ source }) => source)).toMatchObject([
    {
      scope: ACCOUNT,
      cloud: "us-government",
      endpoint: "http://127.0.0.1:8000/gateway",
      identity: { kind: "managed", clientId: null },
      datasets: ["amortized"],
      by: "billing-period",
      monthsBack: 13,
      refreshHours: 1,
    },
    {
      url: "https://ea.example.com",
      enrollment: "V5702303S0121",
      credential: { env: "CONTOSO_EA_KEY" },
      api: "usage-report-v3",
      by: "month",
      currency: "CNY",
      taxFactor: "1.06",
      datasets: ["actual"],
      monthsBack: 36,
      refreshHours: 12,
    },
  ]);
});

test.each([
  ["api: v2", "https://consumption.azure.com"],
  ["api: usage-report", "https://ea.azure.com"],
  ["cloud: china", "https://ea.azure.cn"],
  ["cloud: china, api: usage-report-v3", "https://ea.azure.cn"],
  ["cloud: china, url: https://ea.example.com", "https://ea.example.com"],
])("without a url the EA reporting API with { %s } is asked where its cloud has it", (said, url) => {
  const [old] = parse("sources:", `  - { name: old, kind: ea, enrollment: E, credential: { env: KEY }, ${said} }`);
  expect(old?.source).toMatchObject({ url });
});

test.each([
  ["default", { kind: "default" }],
  ["workload", { kind: "workload" }],
  ["{ managed: {} }", { kind: "managed", clientId: null }],
  [`{ managed: { clientId: ${CLIENT} } }`, { kind: "managed", clientId: CLIENT }],
  [
    `{ secret: { tenantId: contoso.com, clientId: ${CLIENT} } }`,
    { kind: "secret", tenantId: "contoso.com", clientId: CLIENT, secretVariable: "AZURE_CLIENT_SECRET" },
  ],
  [
    `{ secret: { tenantId: contoso.com, clientId: ${CLIENT}, variable: CONTOSO_SECRET } }`,
    { kind: "secret", tenantId: "contoso.com", clientId: CLIENT, secretVariable: "CONTOSO_SECRET" },
  ],
  [
    `{ certificate: { tenantId: contoso.com, clientId: ${CLIENT} } }`,
    {
      kind: "certificate",
      tenantId: "contoso.com",
      clientId: CLIENT,
      pathVariable: "AZURE_CLIENT_CERTIFICATE_PATH",
      passwordVariable: "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    },
  ],
  [
    `{ certificate: { tenantId: contoso.com, clientId: ${CLIENT}, pathVariable: A_PATH, passwordVariable: A_WORD } }`,
    {
      kind: "certificate",
      tenantId: "contoso.com",
      clientId: CLIENT,
      pathVariable: "A_PATH",
      passwordVariable: "A_WORD",
    },
  ],
])("the identity %s is understood", (identity, expected) => {
  const [source] = parse(
    "sources:",
    "  - name: a",
    "    kind: usage-details",
    `    scope: ${SUBSCRIPTION}`,
    `    identity: ${identity}`,
  );
  expect(source?.source).toMatchObject({ identity: expected });
});

test("everything that is wrong with sources that ask an API is listed, without what may be a secret", () => {
  const message = refusal(
    "sources:",
    "  - name: reports",
    "    kind: cost-details",
    "    scope: /providers/Microsoft.Management/managementGroups/all",
    "    cloud: mars",
    "    endpoint: https://geheim@gateway.example.com",
    "    identity: { secret: { tenantId: contoso.com, clientId: geheim, password: geheim } }",
    "    datasets: [actual, actual]",
    "    monthsBack: 14",
    "    refreshHours: 0",
    "    by: day",
    "    url: https://contoso.example.com",
    "  - name: items",
    "    kind: usage-details",
    "    identity: geheim",
    "    datasets: usage",
    "  - name: both",
    "    kind: usage-details",
    `    scope: ${SUBSCRIPTION}/`,
    `    identity: { managed: {}, certificate: { tenantId: contoso.com, clientId: ${CLIENT} } }`,
    "  - name: old",
    "    kind: ea",
    "    url: http://ea.example.com",
    "    cloud: us-government",
    "    enrollment: 12345678",
    "    credential: geheim",
    "    api: v1",
    "    currency: euro",
    "    taxFactor: 1.06",
    "    datasets: [amortized]",
    "  - { name: given, kind: push, path: . }",
  );
  const identity =
    "expected default, workload, managed, or one of { managed: … }, { secret: … } and { certificate: … }";
  const address = "expected an address like https://gateway.example.com, without a slash, query or password";
  expect(message.split("\n")).toEqual([
    "InvalidRequestError sources.yaml: 24 errors, nothing was changed.",
    "sources.yaml:4:5 scope: expected a subscription or billing scope: the Cost Details API knows no management groups",
    "sources.yaml:5:5 cloud: expected public, china, us-government",
    `sources.yaml:6:5 endpoint: ${address}`,
    "sources.yaml:7:50 identity.secret.clientId: expected the client id of an application, such as 00001111-aaaa-2222-bbbb-3333cccc4444",
    "sources.yaml:7:68 identity.secret.password: unknown setting; there are tenantId, clientId, variable",
    "sources.yaml:8:5 datasets: expected a list of actual, amortized, each at most once",
    "sources.yaml:9:5 monthsBack: expected a number of months from 0 to 13",
    "sources.yaml:10:5 refreshHours: expected a number of hours from 1 to 8784",
    "sources.yaml:11:5 by: expected month or billing-period",
    "sources.yaml:12:5 url: unknown setting; there are name, kind, scope, identity, cloud, endpoint, datasets, monthsBack, refreshHours, by, enabled, priority, rejectLimit, schedule",
    "sources.yaml:13:5 scope: expected a scope like /subscriptions/<id>",
    `sources.yaml:15:5 identity: ${identity}`,
    "sources.yaml:16:5 datasets: expected a list of actual, amortized, usage, each at most once",
    "sources.yaml:19:5 scope: expected a scope without a slash at its end",
    `sources.yaml:20:5 identity: ${identity}`,
    `sources.yaml:23:5 url: ${address}`,
    "sources.yaml:24:5 cloud: expected public or china: other clouds have no EA reporting API; another address is given as url",
    'sources.yaml:25:5 enrollment: expected the number of the enrolment as text, such as "12345678"',
    "sources.yaml:26:5 credential: expected { env: NAME } with the environment variable that holds the enrolment's API key",
    "sources.yaml:27:5 api: expected v2, v3, usage-report, usage-report-v3",
    "sources.yaml:28:5 currency: expected the code of a currency, such as CNY",
    'sources.yaml:29:5 taxFactor: expected a decimal number above 0 as text, such as "1.06"',
    "sources.yaml:30:16 datasets: expected a list of actual, and nothing else: this API knows no others",
    "sources.yaml:31:32 path: unknown setting; there are name, kind, enabled, priority, rejectLimit, schedule",
  ]);
  expect(message).not.toContain("geheim");
});

test("what cannot go together is refused where it is written, and says what can", () => {
  const account = "/providers/Microsoft.Billing/billingAccounts/aaaa:bbbb_2019-05-31";
  const period = `  - { name: reports, kind: cost-details, scope: "${account}", by: billing-period }`;
  expect(refusal("sources:", period)).toContain(
    "by: expected month: Azure knows billing periods of enterprise agreements, and this scope is of another one",
  );
  const scope = "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444";
  const both = `  - { name: paygo, kind: usage-details, scope: ${scope}, datasets: [actual, usage] }`;
  expect(refusal("sources:", both)).toContain(
    "datasets: expected either actual or usage: both answer for the same days, and usage lacks purchases",
  );
});

test.each(["0", "0.000", "-1", "1,06", "1e3", "1.", ".5", "1234567", "1.0000000000001"])(
  "%j is no tax factor",
  (factor) => {
    const source = `  - { name: old, kind: ea, enrollment: E, credential: { env: KEY }, taxFactor: "${factor}" }`;
    expect(refusal("sources:", source)).toContain("taxFactor: expected a decimal number above 0");
  },
);

test.each([
  "http://gateway.example.com",
  "http://127.0.0.1.example.com",
  "https://gateway.example.com/",
  "https://gateway.example.com?x=1",
  "https://gateway.example.com#x",
  "https://user:word@gateway.example.com",
  "ftp://gateway.example.com",
  "gateway.example.com",
])("%s is no address to send tokens to", (endpoint) => {
  const source = `  - { name: a, kind: usage-details, scope: ${SUBSCRIPTION}, endpoint: '${endpoint}' }`;
  expect(refusal("sources:", source)).toContain("endpoint: expected an address like https://gateway.example.com");
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

const DOCUMENT = readFileSync(new URL("../../docs/sources.md", import.meta.url), "utf8");

test("the files that the document and the help show are understood, and show every kind", () => {
  const shown = [/```yaml\n(.*?)```/s.exec(DOCUMENT)?.[1], /( {2}sources:\n.*?)\n\n/s.exec(HELP.apply)?.[1]];
  const kinds = shown.map((text) => parse(text ?? "").map(({ source }) => source.kind));
  expect(new Set(kinds[0])).toEqual(new Set(SOURCE_KINDS));
  expect(kinds[1]).toEqual(["blob", "folder", "cost-details", "ea", "push"]);
});

test.each(SOURCE_KINDS)("the document tells every setting of the kind %s", (kind) => {
  const rows = DOCUMENT.split("\n").filter((line) => line.startsWith("| `"));
  const told = rows.filter(
    (row) => row.includes(`\`${kind}\`,`) || row.includes(`\`${kind}\` |`) || row.includes("API |"),
  );
  const missing = settingNames(kind).filter((name) => !told.some((row) => row.startsWith(`| \`${name}\` |`)));
  expect(missing).toEqual([]);
});
