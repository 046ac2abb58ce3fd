import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below what systems give to outgoing connections, one of which could otherwise take the port of a server that is down.
const FIRST = 10_000;
const LAST = 32_000;

/** Whether nobody listens on a port of this machine. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port of this machine on which nobody listens, and which stays free while its server is restarted. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isPortFree(port)) return port;
  }
}
