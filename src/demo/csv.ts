import type { Charge } from "./charge.ts";
import type { Column } from "./column.ts";

/** How the bytes of a part look. Azure delivers all of these. */
export type CsvFormat = {
  readonly gzip: boolean;
  readonly bom: boolean;
  readonly eol: "\n" | "\r\n";
};

/** The first line of every part. */
export function headerLine(columns: readonly Column[], format: CsvFormat): string {
  return (
    (format.bom ? BYTE_ORDER_MARK : "") +
    lineOf(
      columns.map(({ name }) => name),
      format.eol,
    )
  );
}

/** The cells of one charge. */
export function cellsOf(columns: readonly Column[], charge: Charge): string[] {
  return columns.map(({ value }) => value(charge));
}

/** One line with its end; only cells that need quotes get them. */
export function lineOf(cells: readonly string[], eol: string): string {
  let line = "";
  for (const cell of cells) line += NEEDS_QUOTES.test(cell) ? `,"${cell.replaceAll('"', '""')}"` : `,${cell}`;
  return line.slice(1) + eol;
}

const BYTE_ORDER_MARK = "\uFEFF";
const NEEDS_QUOTES = /[",\r\n]/;
