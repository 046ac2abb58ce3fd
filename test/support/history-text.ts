import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";

type History = Parameters<typeof historyToJSON>[0];

/** Everything that Temporal remembers of a workflow, as one text: also what it was given and what it gave. */
export function textOfHistory(history: History): string {
  return textOf(JSON.parse(historyToJSON(history)));
}

function textOf(value: unknown, field = ""): string {
  if (typeof value === "string") return field === "data" ? Buffer.from(value, "base64").toString() : value;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${textOf(inner, name)}`)
    .join("\n");
}

/** How long each timer of a workflow was set to, in seconds. */
export function timersOf({ events }: History): number[] {
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds ?? 0)] : [],
  );
}
