/** The names of a text that has them side by side. */
export function namesOf(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** The names without those of a text. Throws RangeError when one of those is not there. */
export function without(names: readonly string[], text: string): readonly string[] {
  const gone = namesOf(text);
  for (const name of gone) positionOf(names, name);
  return names.filter((name) => !gone.includes(name));
}

/** The names with some of them spelled otherwise. Throws RangeError when one of those is not there. */
export function respelled(names: readonly string[], spellings: Readonly<Record<string, string>>): readonly string[] {
  for (const name of Object.keys(spellings)) positionOf(names, name);
  return names.map((name) => spellings[name] ?? name);
}

/** The names with those of a text in front of one of them. Throws RangeError when that one is not there. */
export function insertedBefore(names: readonly string[], next: string, text: string): readonly string[] {
  return names.toSpliced(positionOf(names, next), 0, ...namesOf(text));
}

function positionOf(names: readonly string[], name: string): number {
  const position = names.indexOf(name);
  if (position < 0) throw new RangeError(`${name} is not one of the names: ${names.join(", ")}`);
  return position;
}
