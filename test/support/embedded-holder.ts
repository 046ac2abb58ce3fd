import { acquireEmbedded } from "../../clickhouse/embedded/process.ts";

// Holds a warehouse as a command does; on Ctrl-C it uses it once more before it ends.
const warehouse = await acquireEmbedded({ dataDir: process.argv[2] ?? "" });
process.once("SIGINT", () => void useOnceMore());
setInterval(() => undefined, 1_000);
process.stdout.write(`holds ${warehouse.pid} ${warehouse.url}\n`);

async function useOnceMore(): Promise<void> {
  const { username, password, url } = warehouse;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const answer = await fetch(`${url}/?query=SELECT%201`, { headers: { authorization } });
  process.stdout.write(`interrupted, and the warehouse answers ${(await answer.text()).trim()}\n`);
  process.exit(130);
}
