/** One column of a table for people. */
export type Column<Row> = {
  readonly title: string;
  readonly value: (row: Row) => string | number;
  readonly align?: "right";
};

/** Rows below titles, columns two spaces apart. Titles and values keep their text: nothing is cut off. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => `${value(row)}`))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const width = widths[index] ?? 0;
          return columns[index]?.align === "right" ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
