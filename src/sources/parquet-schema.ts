import type { SchemaElement, SchemaTree } from "hyparquet";
import { FileError } from "../domain/errors.ts";
import type { ParquetColumn, ParquetType } from "../domain/parquet.ts";

/** The greatest precision that ClickHouse's decimals have. */
const MOST_DIGITS = 76;
const LOGICAL_TEXTS = ["STRING", "ENUM", "JSON"];
const CONVERTED_TEXTS = ["UTF8", "ENUM", "JSON"];
const FRACTION_DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

/**
 * The columns of a Parquet file by its schema. Throws FileError for a column of a type that has no text which says all
 * that it says: times of day, intervals, half floats, and nestings that do not follow the format's rules.
 */
export function columnsOfSchema(schema: SchemaTree, place: string): ParquetColumn[] {
  return schema.children.map((child) => {
    const type = typeOf(child);
    if (type !== undefined) return { name: child.element.name, type };
    throw new FileError(
      `${place}: The column ${JSON.stringify(child.element.name)} is of the Parquet type ${describe(child.element)}, ` +
        "which cannot be read as text. Deliver the run without it, or as CSV.",
    );
  });
}

function typeOf(node: SchemaTree): ParquetType | undefined {
  const { element } = node;
  if (element.repetition_type !== "REPEATED") return typeOfOne(node);
  const item = typeOfOne(node); // a list without the groups that lists should have
  return item && { kind: "list", item };
}

function typeOfOne(node: SchemaTree): ParquetType | undefined {
  const { element, children } = node;
  if (element.type !== undefined) return scalarOf(element);
  const annotation = element.logical_type?.type ?? element.converted_type;
  if (annotation === "LIST") return listOf(node);
  if (annotation === "MAP" || annotation === "MAP_KEY_VALUE") return mapOf(node);
  if (annotation !== undefined) return undefined;
  return recordOf(children);
}

function recordOf(children: readonly SchemaTree[]): ParquetType | undefined {
  const fields: ParquetColumn[] = [];
  for (const child of children) {
    const type = typeOf(child);
    if (type === undefined) return undefined;
    fields.push({ name: child.element.name, type });
  }
  return fields.length === 0 ? undefined : { kind: "record", fields };
}

/** A group around a repeated group around one element, as writers have done it for a decade. */
function listOf({ children }: SchemaTree): ParquetType | undefined {
  const [repeated, ...others] = children;
  const [element, ...more] = repeated?.children ?? [];
  if (repeated?.element.repetition_type !== "REPEATED" || others.length > 0) return undefined;
  if (element === undefined || more.length > 0) return undefined;
  const item = typeOf(element);
  return item && { kind: "list", item };
}

function mapOf({ children }: SchemaTree): ParquetType | undefined {
  const [repeated, ...others] = children;
  const [key, value, ...more] = repeated?.children ?? [];
  if (repeated?.element.repetition_type !== "REPEATED" || others.length > 0) return undefined;
  if (key === undefined || value === undefined || more.length > 0) return undefined;
  const [keyType, valueType] = [typeOf(key), typeOf(value)];
  return keyType && valueType && { kind: "map", key: keyType, value: valueType };
}

function scalarOf(element: SchemaElement): ParquetType | undefined {
  const { type, logical_type: logical, converted_type: converted, type_length: length = 0 } = element;
  if (logical?.type === "DECIMAL" || converted === "DECIMAL") return decimalOf(element);
  switch (type) {
    case "BOOLEAN":
      return { kind: "flag" };
    case "INT96":
      return { kind: "moment", fractionDigits: 9 };
    case "FLOAT":
      return { kind: "real", bits: 32 };
    case "DOUBLE":
      return { kind: "real", bits: 64 };
    case "INT32":
    case "INT64":
      return integerOf(element, type === "INT32" ? 32 : 64);
    case "BYTE_ARRAY": {
      const isText =
        logical === undefined
          ? converted === undefined || CONVERTED_TEXTS.includes(converted)
          : LOGICAL_TEXTS.includes(logical.type);
      return isText ? { kind: "text" } : undefined;
    }
    case "FIXED_LEN_BYTE_ARRAY":
      if (logical?.type === "UUID") return length === 16 ? { kind: "uuid" } : undefined;
      return logical === undefined && converted === undefined ? { kind: "text" } : undefined;
    default:
      return undefined;
  }
}

function decimalOf({ logical_type: logical, precision, scale, type_length: length }: SchemaElement) {
  const digits = logical?.type === "DECIMAL" ? logical.precision : (precision ?? 0);
  const behind = (logical?.type === "DECIMAL" ? logical.scale : scale) ?? 0;
  if (!(digits >= 1 && digits <= MOST_DIGITS && behind >= 0 && behind <= digits && (length ?? 0) <= 32)) {
    return undefined;
  }
  return { kind: "decimal", precision: digits, scale: behind } as const;
}

function integerOf(
  { logical_type: logical, converted_type: converted }: SchemaElement,
  width: 32 | 64,
): ParquetType | undefined {
  if (logical?.type === "DATE" || converted === "DATE") return width === 32 ? { kind: "day" } : undefined;
  if (logical?.type === "TIMESTAMP") return { kind: "moment", fractionDigits: FRACTION_DIGITS[logical.unit] };
  if (converted === "TIMESTAMP_MILLIS") return { kind: "moment", fractionDigits: 3 };
  if (converted === "TIMESTAMP_MICROS") return { kind: "moment", fractionDigits: 6 };
  if (logical?.type === "INTEGER") return sized(logical.bitWidth, logical.isSigned);
  const [, sign, bits] = /^(U?)INT_(\d+)$/.exec(converted ?? "") ?? [];
  if (bits !== undefined) return sized(Number(bits), sign === "");
  const isPlain = (logical === undefined || logical.type === "NULL") && converted === undefined;
  return isPlain ? sized(width, true) : undefined;
}

function sized(bits: number, isSigned: boolean): ParquetType | undefined {
  return bits === 8 || bits === 16 || bits === 32 || bits === 64 ? { kind: "integer", bits, isSigned } : undefined;
}

function describe({ type, logical_type: logical, converted_type: converted, precision }: SchemaElement): string {
  const name = logical?.type ?? converted ?? type ?? "group";
  return name === "DECIMAL" && precision !== undefined ? `DECIMAL of ${precision} digits` : name;
}
