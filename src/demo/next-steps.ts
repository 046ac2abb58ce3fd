import { DEMO_VARIABLE } from "./demo-source.ts";

const KEPT = ["BILLHOUSE_DATA_DIR", "CLICKHOUSE_DATABASE"] as const;

/** Where the demo's data is, as the commands to come need to know it. */
export type Place = {
  readonly dataDir: string;
  readonly database: string;
  /** The variables of the shell, without those of the file .env, which the commands read by themselves. */
  readonly shell: NodeJS.ProcessEnv;
};

/** What to type next: commands that work as they are printed. */
export function nextSteps({ dataDir, database, shell }: Place): string {
  const kept = KEPT.flatMap((name) => (shell[name] ? [`${name}=${quote(shell[name])} `] : [])).join("");
  const billhouse = `${kept}npm run -s billhouse --`;
  const sql = "SELECT billing_currency, sum(cost_in_billing_currency) FROM costs GROUP BY 1 ORDER BY 1";
  return [
    "How to go on",
    "",
    "Ask in SQL:",
    `   ${billhouse} query - < src/demo/summary.sql`,
    `   ${billhouse} query "${sql}"`,
    "",
    "Look at what was imported:",
    `   ${billhouse} publications`,
    `   ${billhouse} reconcile`,
    "",
    "Keep the warehouse up for curl and other clients, until Ctrl-C; the second line is for another terminal:",
    `   ${kept}npm start`,
    `   curl 'http://127.0.0.1:8123/?user=default&database=${database}' --data-binary @src/demo/summary.sql`,
    "",
    "Bring in your own exports: forget the demo's first, so that they are not added up with yours.",
    `   rm -rf ${quote(dataDir)}`,
    `   ${billhouse} sources add --help`,
    "",
    `The storage of the demo ended with it. Its source is kept, disabled; an import of it would need storage at the same`,
    `address and ${DEMO_VARIABLE}, the variable with the connection string. \`npm run demo\` brings up a new one.`,
  ].join("\n");
}

function quote(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
