import { shown } from "../src/domain/cost-dimensions.ts";
import type { OrderKey } from "../src/domain/cost-question.ts";
import { InvalidRequestError } from "../src/domain/errors.ts";
import type { BoundParameters } from "./bound-parameters.ts";

/** A column of an answer: what stands behind SELECT, and what it is called. */
export type AnswerColumn = { readonly name: string; readonly expression: string };

/** How an answer is cut into pages. */
export type Page = { readonly limit: number | null; readonly offset: number };

const WORD = /^[a-z_]+\d?$/;

/**
 * The columns of a SELECT. A name that is not a word of ours, such as an alias or `tag:env`, is a parameter; ClickHouse
 * reads a backslash, a quote or a control character in one as an escape, so these are percent-encoded (and `%` with them).
 */
export function selectList(
  columns: readonly AnswerColumn[],
  aliases: Readonly<Record<string, string>>,
  parameters: BoundParameters,
): string {
  return columns
    .map(({ name, expression }) => {
      const shownAs = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
      const word = shownAs === undefined && WORD.test(name) ? name : nameParameter(shownAs ?? name, parameters);
      return `    ${expression} AS ${word}`;
    })
    .join(",\n");
}

/** What stands behind ORDER BY: positions of columns; nulls are last. Throws InvalidRequestError for an unknown column. */
export function orderList(order: readonly OrderKey[], columns: readonly string[]): string {
  return order
    .map(({ by, descending }) => {
      const index = columns.indexOf(by);
      if (index < 0) {
        throw new InvalidRequestError(
          `The answer has no column ${shown(by)} to be ordered by. It has ${columns.map(shown).join(", ")}.`,
        );
      }
      return `${index + 1}${descending ? " DESC" : ""} NULLS LAST`;
    })
    .join(", ");
}

/** An order that leaves nothing open: what is asked for, then every other key. */
export function totalOrder(order: readonly OrderKey[], keys: readonly string[]): OrderKey[] {
  const rest = keys.filter((key) => order.every(({ by }) => by !== key));
  return [...order, ...rest.map((by) => ({ by, descending: false }))];
}

/** The end of a SELECT; with the line breaks before it, or nothing. */
export function pageClause({ limit, offset }: Page, parameters: BoundParameters): string {
  const count = limit === null ? "" : `\nLIMIT ${parameters.bind(String(limit), "UInt64")}`;
  return offset === 0 ? count : `${count}\nOFFSET ${parameters.bind(String(offset), "UInt64")}`;
}

function nameParameter(name: string, parameters: BoundParameters): string {
  const literal = name.replaceAll(/[\\'"`%\p{Cc}]/gu, (character) => encodeURIComponent(character));
  return parameters.bind(literal.replaceAll("'", "%27"), "Identifier");
}
