import { hostname, tmpdir } from "node:os";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";

type History = Parameters<typeof historyToJSON>[0];

/** What a place of this machine is called instead. */
export type Renamed = { readonly from: string; readonly to: string };

/** Fields that tell who did something, where, or in which file of the code. */
const PRIVATE: Readonly<Record<string, string>> = { identity: "worker", stackTrace: "", workerInstanceKey: "" };

/**
 * A history as JSON, as Temporal's own tools write it, without what tells of the machine on which it was recorded: who
 * worked, stack traces, the names of workers' own queues, and folders. An event is a line. It replays as the original
 * does. Throws when something of the machine is left.
 */
export function neutralHistory(history: History, renamed: readonly Renamed[]): string {
  const rename = (text: string) => renamed.reduce((changed, { from, to }) => changed.replaceAll(from, to), text);
  const neutral = (value: unknown, field = ""): unknown => {
    if (typeof value === "string") {
      const substitute = PRIVATE[field];
      if (substitute !== undefined) return substitute;
      return field === "data" ? inBase64(value, rename) : rename(value);
    }
    if (Array.isArray(value)) return value.map((item) => neutral(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]: [string, unknown]) => [
        name,
        name === "name" && "kind" in value && value.kind === "TASK_QUEUE_KIND_STICKY" ? "sticky" : neutral(item, name),
      ]),
    );
  };
  const { events } = JSON.parse(historyToJSON(history)) as { events: readonly unknown[] };
  const lines = events.map((event) => {
    const changed = neutral(event);
    requireNeutral(changed);
    return JSON.stringify(changed);
  });
  return `{"events": [\n${lines.join(",\n")}\n]}\n`;
}

function requireNeutral(json: unknown, field = ""): void {
  if (typeof json === "object" && json !== null) {
    for (const [name, value] of Object.entries(json)) requireNeutral(value, name);
  }
  if (typeof json !== "string") return;
  const text = field === "data" ? decode(json) : json;
  const found = [hostname(), process.cwd(), tmpdir(), "node_modules"].find((place) => text.includes(place));
  if (found !== undefined) throw new Error(`The history tells of this machine: ${found} in ${field}: ${text}`);
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

/** Changes a text that is given in base64; other bytes than those of a text stay as they are. */
function inBase64(base64: string, change: (text: string) => string): string {
  const text = decode(base64);
  const changed = change(text);
  return changed === text ? base64 : Buffer.from(changed, "utf8").toString("base64");
}
