import { expect, test } from "vitest";
import { runInProcess } from "../support/cli.ts";

test("a mistyped command suggests the right one", async () => {
  const { code, stderr, stdout } = await runInProcess(["imprt"]);
  expect(stderr).toBe("billhouse: unknown command 'imprt'\n(Did you mean import?)\n");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test("a mistyped option suggests the right one", async () => {
  const { code, stderr } = await runInProcess(["import", "--overwrit"]);
  expect(stderr).toBe("billhouse: unknown option '--overwrit'\n(Did you mean --overwrite?)\n");
  expect(code).toBe(2);
});

test("a mistyped command of sources suggests the right one", async () => {
  const { code, stderr } = await runInProcess(["sources", "enabel"]);
  expect(stderr).toContain("(Did you mean enable?)");
  expect(code).toBe(2);
});

test("no command at all shows the help and is asked wrongly", async () => {
  const { code, stderr } = await runInProcess([]);
  expect(stderr).toContain("Usage: billhouse [options] [command]");
  expect(code).toBe(2);
});

test.each([
  [
    ["import", "--billing-period", "2026-13"],
    /Expected a billing period like 2026-05 or 20260501-20260531, got "2026-13"/,
  ],
  [["import", "--billing-period", "20260531-20260501"], /Expected a billing period/],
  [["import", "surplus"], /too many arguments for 'import'/],
  [["publications", "--dataset", "actuals"], /Allowed choices are actual, amortized, usage, focus/],
  [["withdraw", "--source-name", "contoso"], /required option '-r, --run-id <id>' not specified/],
  [["withdraw", "-s", "contoso", "-r", "x", "--month", "May"], /Expected a month like 2026-09, got "May"/],
  [["import-file", "--source-name", "a"], /required option '-f, --file <path>' not specified/],
  [["import-file", "-f", "x.csv", "-f", "y.csv", "-s", "a"], /Several files are one run only if a manifest says so/],
  [["import-file", "-f", "x.csv", "-s", "A b"], /--source-name "A b": expected a name of a-z/],
  [
    ["import-file", "-f", "nowhere-actual.csv", "-s", "a", "-m", "2026-05"],
    /nowhere-actual\.csv: cannot be read \(ENOENT\)/,
  ],
  [["import-file", "-f", "x.csv", "-s", "a", "--manifest", "m", "-m", "2026-05"], /The manifest says month, dataset/],
  [["import-file", "-f", "-", "-f", "-", "-s", "a", "--manifest", "m"], /Standard input is one file/],
  [["import-file", "-f", "-", "-s", "a", "-m", "2026-05"], /stdin: nothing says which costs it holds.*--dataset/],
  [["import-file", "-f", "-", "-s", "a", "--dataset", "actual"], /stdin: nothing says which month it bills.*--month/],
  [["download", "--source-name", "a"], /required option '-o, --output-dir <directory>' not specified/],
  [["backfill", "-s", "a"], /required option '--from <month>' not specified/],
  [["backfill", "-s", "a", "--from", "2026-05", "--to", "2026-04"], /--from 2026-05 is after --to 2026-04/],
  [["schedule", "set", "a"], /required option '--cron <expression>' not specified/],
  [["schedule", "set", "a", "--cron", "0 25 * * *"], /cron: hour: expected \*, numbers from 0 to 23.*Nothing was sent/],
  [["schedule", "set", "a", "--cron", "@daily", "--time-zone", "Mars"], /timeZone: expected a time zone like UTC/],
  [["prune", "--keep", "0"], /Expected a whole number from 1/],
  [["rejects", "--month", "May"], /Expected a month like 2026-09, got "May"/],
  [["diff", "May"], /Expected a month like 2026-09, got "May"/],
  [["diff", "2026-05", "--from", "yesterday"], /Expected a publication's id, or a moment like 2026-06-01/],
  [["diff", "2026-05", "--by", "tag"], /Allowed choices are subscription, meter, day, all/],
  [["warehouse", "--port", "70000"], /Expected a whole number from 0 to 65535/],
  [["apply"], /required option '-f, --file <path>' not specified/],
  [["query"], /missing required argument 'sql'/],
  [["query", "  "], /There is no SQL/],
  [["sources", "add", "a"], /Give either --url \(Azure Blob Storage\) or --path \(a directory\), not both/],
  [
    ["sources", "add", "a", "--path", ".", "--credential", "default"],
    /--credential is of blob, ea: a source of the kind folder has none/,
  ],
  [["sources", "add", "A b", "--path", "."], /name: expected a name of a-z/],
  [["sources", "add", "a", "--path", ".", "--reject-limit", "-1"], /Expected a whole number from 0/],
  [["sources", "add", "a", "--url", "ftp://x/y"], /url: ftp:\/\/x\/y: is not a url/],
  [
    ["sources", "add", "a", "--url", "https://c.blob.core.windows.net/e", "--credential", "env:A-B"],
    /environment variable/,
  ],
  [["sources", "add", "a", "--kind", "ftp"], /Allowed choices are blob, folder, cost-details, ea, usage-details, push/],
  [["sources", "add", "a", "--scope", "/subscriptions/x"], /other sources are named by --kind/],
  [["sources", "add", "a", "--kind", "cost-details"], /--scope: expected a scope like \/subscriptions\/<id>/],
  [["sources", "add", "a", "--kind", "push", "--path", "."], /--path is of folder: a source of the kind push has none/],
  [
    ["sources", "add", "a", "--path", ".", "--months-back", "1"],
    /--months-back is of cost-details, ea, usage-details: a/,
  ],
  [
    ["sources", "add", "a", "--kind", "ea", "--enrollment", "1"],
    /--credential: expected env:NAME with the environment/,
  ],
  [
    ["sources", "add", "a", "--kind", "ea", "--datasets", "amortized"],
    /--datasets: expected a list of actual, and nothing/,
  ],
])("%j is asked wrongly", async (argv, message) => {
  const { code, stdout, stderr } = await runInProcess(argv);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^billhouse: /);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.each([
  [["follow", "a"]],
  [["cancel", "a"]],
  [["schedule", "list"]],
  [["schedule", "set", "a", "--cron", "@daily"]],
])("%j without an address of Temporal says which variable to set", async (argv) => {
  const { code, stdout, stderr } = await runInProcess(argv);
  expect(stderr).toMatch(/^billhouse: TEMPORAL_ADDRESS: not set\. Set it to the server's address/);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

test.each([
  [["import"]],
  [["prune"]],
  [["backfill", "-s", "a", "--from", "2026-05"]],
  [["follow", "a"]],
  [["cancel", "a"]],
  [["schedule", "list"]],
])("%j says at once that Temporal cannot be reached, why, and what to do", async (argv) => {
  const begin = performance.now();
  const { code, stdout, stderr } = await runInProcess(argv, { env: { TEMPORAL_ADDRESS: "127.0.0.1:1" } });
  expect(stderr).toMatch(
    /^billhouse: Temporal at 127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\. Start it .*\n$/,
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(performance.now() - begin).toBeLessThan(5000);
});

test("a SAS in a url is refused without being repeated", async () => {
  const { code, stderr } = await runInProcess([
    "sources",
    "add",
    "a",
    "--url",
    "https://c.blob.core.windows.net/e?sig=geheim",
  ]);
  expect(stderr).toContain("must not carry a SAS");
  expect(stderr).not.toContain("geheim");
  expect(code).toBe(2);
});

test.each(["--identity", "--endpoint"])("a secret in place of %s is refused without being repeated", async (flag) => {
  const scope = "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444";
  const source = ["sources", "add", "a", "--kind", "cost-details", "--scope", scope];
  const { code, stderr } = await runInProcess([...source, flag, "geheim"]);
  expect(stderr).toMatch(new RegExp(`^billhouse: ${flag}: expected `));
  expect(stderr).not.toContain("geheim");
  expect(code).toBe(2);
});

test("a failure is one line; LOG_LEVEL=debug adds where it came from", async () => {
  const env = { CLICKHOUSE_URL: "http://127.0.0.1:1" };
  const quiet = await runInProcess(["inspect"], { env });
  expect(quiet.stderr).toMatch(/^billhouse: ClickHouse at 127\.0\.0\.1:1 did not finish .* ECONNREFUSED .*\n$/);
  expect(quiet.code).toBe(1);
  const loud = await runInProcess(["inspect"], { env: { ...env, LOG_LEVEL: "debug" } });
  expect(loud.stderr).toMatch(/\n {4}at .*\ncaused by /s);
});
