import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Runs a script of this folder in a process of its own: JSON on its input, JSON as its answer. */
export async function runApart(script: string, input: unknown): Promise<unknown> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", path], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(input));
  const exited = once(child, "exit");
  const said = await text(child.stdout);
  await exited;
  if (child.exitCode !== 0) throw new Error(`bench/${script} ended with ${child.exitCode ?? child.signalCode}`);
  return JSON.parse(said);
}

/** What the script was given on its input. */
export async function readInput(): Promise<unknown> {
  return JSON.parse(await text(process.stdin));
}

/** Gives the script's answer; resolves when it is on its way. */
export async function giveAnswer(answer: unknown): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(JSON.stringify(answer), () => resolve()));
}
