import type { ColumnKind } from "../../src/domain/columns.ts";
import type { HeaderMapping } from "../../src/domain/header.ts";

/** How a peer is told to keep a column: the widest that it has of that sort. */
export type TypedColumn = { readonly name: string; readonly type: "decimal" | "date" | "tags" | "text" };

const TYPES: Partial<Record<ColumnKind, TypedColumn["type"]>> = {
  cost: "decimal",
  decimal: "decimal",
  date: "date",
  day: "date",
  tags: "tags",
};

/** The columns of a file in their order, as other engines keep them. */
export function typedColumns({ mapped, extra }: HeaderMapping): TypedColumn[] {
  const known = mapped.map(
    ({ index, header, kind }) => ({ index, name: header, type: TYPES[kind] ?? "text" }) as const,
  );
  const unknown = extra.map(({ index, header }) => ({ index, name: header, type: "text" }) as const);
  return [...known, ...unknown]
    .toSorted((one, other) => one.index - other.index)
    .map(({ name, type }) => ({ name, type }));
}
