import type { Context } from "../context.ts";
import type { Source } from "../domain/source.ts";
import { openStore } from "../sources/open-store.ts";
import { check } from "./check.ts";
import type { Check } from "./check.ts";
import { credentialOf } from "./sources.ts";

const ANSWER_MS = 30_000;

/** Whether a source's variable is set and its store can be listed; looks at the first file only. */
export async function checkSource({ env, signal }: Pick<Context, "env" | "signal">, source: Source): Promise<Check> {
  const found = await check(`source ${source.name}`, async () => {
    const store = openStore(source, env);
    const patience = AbortSignal.timeout(ANSWER_MS);
    const credential = credentialOf(source);
    const facts = [
      store.place,
      ...(credential === "" ? [] : [`credential ${credential}`]),
      ...(source.enabled ? [] : ["disabled"]),
    ];
    try {
      for await (const file of store.list(AbortSignal.any([signal, patience]))) {
        return { state: "ok", detail: `${facts.join(", ")}: can be listed, begins with ${file.path}` };
      }
    } catch (error) {
      if (!patience.aborted) throw error;
      const detail = `${facts.join(", ")}: no answer within ${ANSWER_MS / 1000} s: check the network and the account's firewall`;
      return { state: "failed", detail };
    }
    return { state: "warning", detail: `${facts.join(", ")}: can be listed, but holds no file: check the base folder` };
  });
  // Imports leave a disabled source out, so whatever it lacks is missed by nobody.
  return !source.enabled && found.state === "failed" ? { ...found, state: "warning" } : found;
}
