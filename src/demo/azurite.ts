import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { EMULATOR_ACCOUNT, EMULATOR_KEY } from "../sources/blob-credential.ts";

/** A running Azurite blob service on loopback, with everything kept in its memory. */
export type Azurite = {
  /** Azurite's well-known account with its public key. */
  readonly connectionString: string;
  /** `http://127.0.0.1:<port>/devstoreaccount1`: containers follow. */
  readonly url: string;
  readonly pid: number;
  /** Ends the service; everything stored is gone. */
  close(): Promise<void>;
};

// The channel to the parent closes when the parent ends, kill -9 included: the service must not outlive it.
const END_WITH_PARENT = `data:text/javascript,process.once("disconnect",()=>process.exit())`;

/** Starts Azurite's blob service on a port that the system chooses, and waits until it listens. */
export async function startAzurite(): Promise<Azurite> {
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  const options = ["--inMemoryPersistence", "--disableTelemetry", "--silent", "--skipApiVersionCheck"];
  const child = fork(program, ["--blobHost", "127.0.0.1", "--blobPort", "0", ...options], {
    execArgv: ["--import", END_WITH_PARENT],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const exited = once(child, "exit");

  const address = await new Promise<string>((resolve, reject) => {
    let output = "";
    const listen = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /successfully listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    // Both streams stay attached, so that the service never blocks on a full pipe.
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Azurite ended with code ${code} before it listened: ${output}`)));
  });

  // From here on a caller that forgets to close it can still end; the service then ends with it.
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream instanceof Socket) stream.unref();
  }

  const url = `${address}/${EMULATOR_ACCOUNT}`;
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${EMULATOR_ACCOUNT};AccountKey=${EMULATOR_KEY};BlobEndpoint=${url};`,
    url,
    pid: child.pid ?? 0,
    async close() {
      child.ref();
      // Nothing is worth saving, and the polite signal would wait for idle connections.
      child.kill("SIGKILL");
      await exited;
    },
  };
}
