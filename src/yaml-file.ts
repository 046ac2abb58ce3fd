import { isCollection, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { InvalidRequestError } from "./domain/errors.ts";

/** A file as text: what it says, and where. */
export type YamlFile = {
  readonly document: Document;
  /** Line and column of an offset, both from 1. */
  readonly placeAt: (offset: number) => Place;
};

/** A place in a file; lines and columns count from 1. */
export type Place = { readonly line: number; readonly column: number };

/** Something that is wrong in a file. */
export type Mistake = Place & { readonly message: string };

/** Where something stands in a document: names of settings, and places in lists from 0. */
export type YamlPath = readonly PropertyKey[];

/** Who has more to mend knows by then what it is about. */
const MOST_SHOWN = 200;

/** Reads a YAML or JSON text; throws InvalidRequestError that lists where it is neither. */
export function openYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    message: error.message,
  }));
  if (broken.length > 0) throw refuseFile(file, broken);
  return { document, placeAt };
}

/** The refusal of a file, with everything that is wrong in it: one line for each, `file:line:column message`. */
export function refuseFile(file: string, mistakes: readonly Mistake[]): InvalidRequestError {
  const inOrder = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const found = inOrder.slice(0, MOST_SHOWN).map(({ line, column, message }) => `${file}:${line}:${column} ${message}`);
  if (mistakes.length > MOST_SHOWN) found.push(`… and ${mistakes.length - MOST_SHOWN} more`);
  const count = mistakes.length === 1 ? "1 error" : `${mistakes.length} errors`;
  return new InvalidRequestError(`${file}: ${count}, nothing was changed.\n${found.join("\n")}`);
}

/** Where a setting begins: its key, the item of a list; what is missing is missed where its map begins. */
export function offsetOf(document: Document, path: YamlPath): number {
  const parent = nodeAt(document, path.slice(0, -1));
  if (isMap(parent)) {
    const keys = parent.items.map((item) => item.key).filter((key) => isScalar(key));
    const key = keys.find(({ value }) => value === path.at(-1));
    return key?.range?.[0] ?? parent.range?.[0] ?? 0;
  }
  return nodeAt(document, path)?.range?.[0] ?? parent?.range?.[0] ?? 0;
}

/** What stands at a place: a scalar, map or list. */
export function nodeAt(document: Document, path: YamlPath): Node | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isScalar(node) || isCollection(node) ? node : undefined;
}
