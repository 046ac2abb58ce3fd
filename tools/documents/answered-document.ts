/** Answers what a document asks, as the document prints it; undefined where that cannot be asked on this machine. */
export type Answerer = {
  readonly sql: (statement: string) => Promise<string>;
  readonly sh: (script: string) => Promise<string>;
  readonly python: (script: string) => Promise<string | undefined>;
};

/** A question of a document: a block of code, and the block behind it that prints the answer. */
export type Question = {
  readonly kind: keyof Answerer;
  readonly text: string;
  /** Undefined where no answer is printed. */
  readonly answer: Answer | undefined;
};

type Answer = { readonly text: string; readonly start: number; readonly end: number };

const BLOCK = /^```(\w+)\n([^]*?)^```$/gm;
const ANSWERS = ["text", "json", "csv"];

/** The questions of a Markdown document, in its order. Commands without a printed answer are examples and no questions. */
export function listQuestions(markdown: string): readonly Question[] {
  const blocks = [...markdown.matchAll(BLOCK)].map(([whole, kind = "", text = ""], index, all) => {
    const start = all[index]?.index ?? 0;
    return { kind, text, start, textStart: start + whole.indexOf("\n") + 1, end: start + whole.length };
  });
  return blocks.flatMap(({ kind, text, end }, index) => {
    if (kind !== "sql" && kind !== "sh" && kind !== "python") return [];
    const next = blocks[index + 1];
    const isAnswered =
      next !== undefined && ANSWERS.includes(next.kind) && markdown.slice(end, next.start).trim() === "";
    const answer = isAnswered
      ? { text: next.text, start: next.textStart, end: next.textStart + next.text.length }
      : undefined;
    return answer === undefined && kind !== "sql" ? [] : [{ kind, text, answer }];
  });
}

/** The document with the answers that its questions have now. */
export async function fillAnswers(markdown: string, answerer: Answerer): Promise<string> {
  let filled = "";
  let copied = 0;
  for (const { kind, text, answer } of listQuestions(markdown)) {
    const now = await answerer[kind](text);
    if (answer === undefined || now === undefined) continue;
    filled += `${markdown.slice(copied, answer.start)}${now.trimEnd()}\n`;
    copied = answer.end;
  }
  return filled + markdown.slice(copied);
}
