import { clickHouseCode, clickHouseMessage } from "../../clickhouse/client.ts";
import { SET_MOVED } from "../../clickhouse/visible-set.ts";
import { InvalidParameterError } from "../domain/errors.ts";
import { HttpError } from "./errors.ts";

const THROWN = "395";
const BAD_REGEX = "427";

/** Does what asks ClickHouse, and says what the caller can do about refusals that are about the question. */
export async function explain<T>(answer: () => Promise<T>, hasCursor: boolean): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    const code = clickHouseCode(error);
    if (code === BAD_REGEX) {
      throw new InvalidParameterError("filter", "filter: a regular expression cannot be read. It has to be RE2.", {
        cause: error,
      });
    }
    if (code !== THROWN || (clickHouseMessage(error) ?? "").includes(SET_MOVED)) throw error;
    const parameter = hasCursor ? "cursor" : "asOf";
    const remedy = hasCursor ? "Begin again without it." : "Give a later moment.";
    throw new HttpError(410, "pruned", `${parameter}: the costs of its moment were pruned since. ${remedy}`, {
      cause: error,
      details: { parameter },
    });
  }
}
