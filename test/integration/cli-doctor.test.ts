import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, vi } from "vitest";
import { EA_ENROLLMENT } from "../support/azure/ea.ts";
import { forbidden } from "../support/azure/faults.ts";
import { CLAIMS, SIMULATED_SECRET } from "../support/azure/identity.ts";
import { startAzureSimulator } from "../support/azure/simulator.ts";
import type { AzureSimulator } from "../support/azure/simulator.ts";
import { runInProcess, test as cliTest } from "../support/cli.ts";
import type { CliResult } from "../support/cli.ts";

let azure: AzureSimulator;

beforeAll(async () => {
  azure = await startAzureSimulator();
});

afterAll(() => azure.stop());

beforeEach(() => {
  for (const [name, value] of Object.entries(azure.environment)) vi.stubEnv(name, value); // Azure's library reads it
  return () => void vi.unstubAllEnvs();
});

const test = cliTest.extend<{ doctor: (sources: string, ...argv: string[]) => Promise<CliResult> }>({
  doctor: async ({ cli }, use) => {
    await use(async (sources, ...argv) => {
      await writeFile(join(cli.dir, "sources.yaml"), `sources:\n${sources}`);
      expect(await cli.run("apply", "-f", "sources.yaml")).toMatchObject({ code: 0 });
      const result = await runInProcess(["doctor", ...argv], {
        env: { ...cli.env, ...azure.environment },
        cwd: cli.dir,
      });
      expect(result.stdout + result.stderr).not.toMatch(SIMULATED_SECRET);
      return result;
    });
  },
});

const SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001";
const reports = (more = "") =>
  `  - { name: reports, kind: cost-details, scope: ${SCOPE}, endpoint: "${azure.managementUrl}", identity: managed${more} }\n`;
const enrolment = (variable = "SIMULATED_EA_KEY") =>
  `  - { name: enrolment, kind: ea, enrollment: "${EA_ENROLLMENT}", url: "${azure.eaUrl}", credential: { env: ${variable} } }\n`;

test("doctor proves that each API lets its source in", async ({ doctor }) => {
  const items = `  - { name: items, kind: usage-details, scope: ${SCOPE}, endpoint: "${azure.managementUrl}", identity: managed }\n`;
  const { code, stdout } = await doctor(`${reports()}${items}${enrolment()}  - { name: given, kind: push }\n`);
  const who = `signed in to tenant ${CLAIMS.tid} as application ${CLAIMS.appid} (object ${CLAIMS.oid})`;
  expect(stdout).toMatch(/^ok +source enrolment +.*the key in SIMULATED_EA_KEY is accepted$/m);
  expect(stdout).toMatch(/^ok +source given +nothing to test: it is given files, by POST \/v1\/ingest\/given/m);
  for (const name of ["items", "reports"]) {
    expect(stdout).toMatch(new RegExp(`^ok +source ${name} `, "m"));
    expect(stdout).toContain(`${azure.managementUrl}${SCOPE}: ${who}, may read costs`);
  }
  expect(code).toBe(0);
});

test("a role that is missing is a failure that says what to grant", async ({ doctor }) => {
  azure.fault("query", forbidden());
  const { code, stdout } = await doctor(reports());
  expect(stdout).toMatch(/^failed +source reports +.*403 \(AuthorizationFailed/m);
  expect(stdout).toContain(`--role "Cost Management Reader" --scope ${SCOPE}`);
  expect(stdout).toContain("1 failed");
  expect(code).toBe(1);
});

test("a key that is not set is a failure, and the other sources are tested all the same", async ({ doctor }) => {
  const { code, stdout } = await doctor(`${enrolment("NO_SUCH")}${reports()}`, "--json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    checks: expect.arrayContaining([
      {
        name: "source enrolment",
        state: "failed",
        detail: expect.stringContaining("the environment variable NO_SUCH is not set") as string,
      },
      { name: "source reports", state: "ok", detail: expect.stringContaining("may read costs") as string },
    ]) as unknown,
  });
});

test("what a disabled source lacks is a warning", async ({ doctor }) => {
  azure.fault("query", forbidden());
  const { code, stdout } = await doctor(reports(", enabled: false"));
  expect(stdout).toMatch(/^warning +source reports +disabled, .*403/m);
  expect(code).toBe(0);
});
