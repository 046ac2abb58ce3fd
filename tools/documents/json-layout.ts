const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;
const WIDTH = 130;

type Node = { readonly open: string; readonly close: string; readonly items: readonly string[] };

/** The same JSON on lines that people can read; no number is parsed, so all digits stay. */
export function layOutJson(json: string): string {
  const tokens = [...json.matchAll(TOKEN)].map(([token]) => token);
  let at = 0;
  const value = (indent: string): string => {
    const token = tokens[at++] ?? "";
    if (token === "{") return print(container("}", indent), indent);
    return token === "[" ? print(container("]", indent), indent) : token;
  };
  const container = (close: "]" | "}", indent: string): Node => {
    const items: string[] = [];
    while (tokens[at] !== close) {
      if (tokens[at] === ",") at++;
      if (close === "]") {
        items.push(value(`${indent}  `));
        continue;
      }
      const key = tokens[at] ?? "";
      at += 2; // the key and its colon
      items.push(`${key}: ${value(`${indent}  `)}`);
    }
    at++;
    return { open: close === "]" ? "[" : "{", close, items };
  };
  return value("");
}

function print({ open, close, items }: Node, indent: string): string {
  const line = open === "[" ? `[${items.join(", ")}]` : items.length === 0 ? "{}" : `{ ${items.join(", ")} }`;
  if (indent.length + line.length <= WIDTH && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}${close}`;
}
