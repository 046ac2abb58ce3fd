import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "../context.ts";
import { InvalidRequestError } from "../domain/errors.ts";

/** The text of a file that the caller names. Throws InvalidRequestError that says what kind of file is wanted. */
export async function readTextFile({ cwd }: Pick<Context, "cwd">, file: string, kind: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new InvalidRequestError(`${file}: cannot be read (${code}). Give the path of a ${kind} file.`, { cause });
  }
}
