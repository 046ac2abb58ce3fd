import type { Context } from "../context.ts";
import type { Source } from "../domain/source.ts";
import { testSource } from "../sources/test-source.ts";
import { check } from "./check.ts";
import type { Check } from "./check.ts";

/** Whether a source can be read: its variables are set, its identity is let in, its place answers. */
export async function checkSource({ env, signal }: Pick<Context, "env" | "signal">, source: Source): Promise<Check> {
  const found = await check(`source ${source.name}`, async () => {
    const { success, message, warning } = await testSource(source, env, signal);
    const detail = `${source.enabled ? "" : "disabled, "}${message}${warning === null ? "" : `, but ${warning}`}`;
    return { state: success ? (warning === null ? "ok" : "warning") : "failed", detail };
  });
  // Imports leave a disabled source out, so whatever it lacks is missed by nobody.
  return !source.enabled && found.state === "failed" ? { ...found, state: "warning" } : found;
}
