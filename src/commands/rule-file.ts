import type { Warehouse } from "../../clickhouse/client.ts";
import type { Context } from "../context.ts";
import { formatOfRuleFile, readRuleFile } from "../tracking-file.ts";
import { readTextFile } from "./read-text-file.ts";

/** The rules of a file, checked as a whole. Throws InvalidRequestError that lists everything that is wrong. */
export async function openRuleFile(
  context: Pick<Context, "cwd">,
  warehouse: Warehouse,
  file: string,
): ReturnType<typeof readRuleFile> {
  formatOfRuleFile(file); // what cannot be a rule file is not even opened
  return readRuleFile(warehouse, await readTextFile(context, file, "YAML, JSON or CSV"), file);
}
