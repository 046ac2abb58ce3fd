import { expect, test } from "vitest";
import { runInProcess } from "../support/cli.ts";

const COMMANDS = [
  [],
  ["import"],
  ["backfill"],
  ["extract"],
  ["import-file"],
  ["inspect"],
  ["download"],
  ["publications"],
  ["withdraw"],
  ["reconcile"],
  ["rejects"],
  ["diff"],
  ["prune"],
  ["query"],
  ["doctor"],
  ["migrate"],
  ["warehouse"],
  ["serve"],
  ["start"],
  ["token"],
  ["token", "create"],
  ["token", "list"],
  ["token", "revoke"],
  ["worker"],
  ["apply"],
  ["sources"],
  ["sources", "add"],
  ["sources", "list"],
  ["sources", "show"],
  ["sources", "enable"],
  ["sources", "disable"],
  ["sources", "remove"],
  ["rules"],
  ["rules", "apply"],
  ["rules", "evaluate"],
  ["rules", "list"],
  ["rules", "show"],
  ["rules", "export"],
  ["rules", "test"],
  ["rules", "dry-run"],
  ["rules", "explain"],
  ["rules", "coverage"],
  ["rules", "conflicts"],
  ["rules", "unused"],
  ["follow"],
  ["cancel"],
  ["schedule"],
  ["schedule", "set"],
  ["schedule", "list"],
  ["schedule", "pause"],
  ["schedule", "resume"],
  ["schedule", "trigger"],
  ["schedule", "remove"],
];

// Renew with: npx vitest run --project unit --update cli-help
test.each(COMMANDS.map((words) => [words.join(" ")]))(
  "the help of `billhouse %s` is the reviewed one",
  async (words) => {
    const { code, stdout, stderr } = await runInProcess([...words.split(" ").filter(Boolean), "--help"]);
    const file = `../fixtures/help/${words.replace(" ", "-") || "billhouse"}.txt`;
    await expect(stdout).toMatchFileSnapshot(file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  },
);

test("no line of help is wider than 120 characters", async () => {
  const texts = await Promise.all(COMMANDS.map(async (words) => (await runInProcess([...words, "--help"])).stdout));
  expect(
    texts
      .join("")
      .split("\n")
      .filter((line) => line.length > 120),
  ).toEqual([]);
});

test("every command's help gives an example that begins with billhouse", async () => {
  for (const words of COMMANDS.slice(1)) {
    expect((await runInProcess([...words, "--help"])).stdout).toMatch(/Examples:\n {2}\$ (billhouse|echo) /);
  }
});

test("the aliases of the earlier program lead to the same commands", async () => {
  for (const [alias, name] of [
    ["fetch_and_import_from_blob", "import"],
    ["inspect_blob_source", "inspect"],
  ] as const) {
    expect((await runInProcess([alias, "--help"])).stdout).toBe((await runInProcess([name, "--help"])).stdout);
  }
});
