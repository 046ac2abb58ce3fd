import { MultiBar } from "cli-progress";
import type { SingleBar } from "cli-progress";
import type { Logger } from "pino";
import { countOf, formatBytes, formatCount, formatDuration } from "./commands/format.ts";
import type { Output } from "./context.ts";
import { nameOfExtraction } from "./domain/extraction-name.ts";
import type { ImportEvent } from "./import-events.ts";

/** What happens while somebody watches: to the import, or to the workflow that does it. */
export type ProgressEvent =
  | ImportEvent
  | { readonly event: "note"; readonly workflowId: string; readonly note: string };

type TrackingEvent = Extract<ImportEvent, { readonly event: `tracking ${string}` }>;
type ExtractionEvent = Extract<ImportEvent, { readonly event: `extraction ${string}` }>;

/** Hears of what happens. */
export type ProgressListener = (event: ProgressEvent) => void;

/** Shows how an import goes; `stop` leaves the terminal as it was. */
export type Progress = { readonly tell: ProgressListener; readonly stop: () => void };

/** What is tried again, or leaves an import as good as it is. */
const WARNINGS: readonly string[] = ["part retried", "extraction retried", "tracking retried", "tracking failed"];
const TRACKING_FORMAT = "  {name} {bar} {percentage}%  {assigned} assigned of {resources}";
const BAR_WIDTH = 24;
const NAME_WIDTH = 28;

/** One JSON line per event. */
export function logProgress(log: Logger): Progress {
  return {
    tell({ event, ...fields }) {
      if (event === "part failed" || event === "run failed" || event === "extraction failed") log.error(fields, event);
      else if (WARNINGS.includes(event)) log.warn(fields, event);
      else if (event === "part progress" || event === "tracking progress") log.debug(fields, event);
      else log.info(fields, event);
    },
    stop: () => undefined,
  };
}

/** A bar for each part that is loading: stored bytes read, rows, rate of bytes, time left. A line when one is done. */
export function drawProgress(output: Output): Progress {
  const bars = new MultiBar({
    stream: output,
    format: "  {name} {bar} {percentage}%  {bytes}  {rows} rows  {rate}/s  {left}",
    barsize: BAR_WIDTH,
    barCompleteChar: "━",
    barIncompleteChar: "╌",
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // the command hears of Ctrl-C itself
    forceRedraw: true,
    fps: 5,
  });
  const open = new Map<string, { bar: SingleBar; begin: number }>();
  let tracking: SingleBar | undefined;
  const keyOf = ({ runId, part }: { runId: string; part: string }) => `${runId} ${part}`;
  const line = (text: string) => bars.log(`${text}\n`);

  function drawTracking(event: TrackingEvent): void {
    if (event.event === "tracking progress") {
      const { resources, assigned } = event;
      const counts = { assigned: formatCount(assigned), resources: formatCount(resources) };
      const name = "resources".padEnd(NAME_WIDTH);
      tracking ??= bars.create(resources, 0, { name, ...counts }, { format: TRACKING_FORMAT });
      tracking.setTotal(resources);
      tracking.update(assigned, counts);
      return;
    }
    if (tracking !== undefined) bars.remove(tracking);
    tracking = undefined;
    const text = describeTracking(event);
    if (text !== undefined) line(`  resources: ${text}`);
  }

  const tell: ProgressListener = (event) => {
    if (event.event === "run started") {
      line(`${event.source}: ${event.exportName} ${event.dataset} ${event.month}, run ${event.runId}`);
    } else if (event.event === "part started") {
      const name = shorten(event.part).padEnd(NAME_WIDTH);
      // Nobody knows beforehand how much an API will say.
      const bar = bars.create(event.byteCount || Number.MAX_SAFE_INTEGER, 0, {
        name,
        ...measure(0, 0, event.byteCount, 0),
      });
      open.set(keyOf(event), { bar, begin: performance.now() - (event.milliseconds ?? 0) });
    } else if (event.event === "part progress") {
      const shown = open.get(keyOf(event));
      const seconds = (performance.now() - (shown?.begin ?? 0)) / 1000;
      shown?.bar.update(event.bytesRead, measure(event.bytesRead, event.rows, event.byteCount, seconds));
    } else if (event.event === "part retried") {
      line(`  ${shorten(event.part)}: ${followingAttempt(event)}`);
    } else if (event.event === "note") {
      line(event.note);
    } else if (isTrackingEvent(event)) {
      drawTracking(event);
    } else if (isExtractionEvent(event)) {
      line(`${event.source}: ${describeExtraction(event)}`);
    } else if (event.event === "part loaded" || event.event === "part failed" || event.event === "part stopped") {
      const shown = open.get(keyOf(event));
      open.delete(keyOf(event));
      if (shown !== undefined) bars.remove(shown.bar);
      if (event.event === "part loaded") {
        const { rowsLoaded, byteCount, milliseconds } = event;
        const rows = countOf(rowsLoaded, "row");
        const bytes = byteCount === 0 ? "" : `, ${formatBytes(byteCount)}`;
        line(`  ${shorten(event.part)}: ${rows}${bytes} in ${formatDuration(milliseconds)}`);
      }
    }
  };
  return {
    tell,
    stop() {
      bars.update(); // what was logged since the last frame
      bars.stop();
    },
  };
}

function isTrackingEvent(event: ProgressEvent): event is TrackingEvent {
  return event.event.startsWith("tracking ");
}

/** What a line says; nothing where no line is due. */
function describeTracking(event: Exclude<TrackingEvent, { readonly event: "tracking progress" }>): string | undefined {
  switch (event.event) {
    case "tracking started":
      return undefined;
    case "tracking done":
      if (event.kind === "none") return undefined;
      return (
        `${formatCount(event.assigned)} have a rule, of ${formatCount(event.resources)} assigned in ` +
        formatDuration(event.milliseconds)
      );
    case "tracking failed":
      return `not assigned. ${event.error}`;
    case "tracking retried":
      return followingAttempt(event);
  }
}

function isExtractionEvent(event: ProgressEvent): event is ExtractionEvent {
  return event.event.startsWith("extraction ");
}

function describeExtraction(event: ExtractionEvent): string {
  const name = nameOfExtraction(event);
  const inSeconds = (seconds: number) => formatDuration(seconds * 1000);
  switch (event.event) {
    case "extraction asked":
      return `asked Azure for ${name}, looks again in ${inSeconds(event.waitSeconds)}`;
    case "extraction pending":
      return `${name} is not ready after ${inSeconds(event.waitedSeconds)}, looks again in ${inSeconds(event.waitSeconds)}`;
    case "extraction ready":
      return `${name} is ready${event.waitedSeconds === 0 ? "" : ` after ${inSeconds(event.waitedSeconds)}`}`;
    case "extraction empty":
      return `${name}: the API has no data`;
    case "extraction failed":
      return `${name}: ${event.error}`;
    case "extraction retried":
      return `${name}: ${followingAttempt(event)}`;
  }
}

function followingAttempt({ attempt, error, seconds }: { attempt: number; error: string; seconds?: number }): string {
  const when = seconds === undefined ? "" : ` in ${formatDuration(seconds * 1000)}`;
  return `attempt ${attempt} follows${when}. ${error}`;
}

function measure(bytesRead: number, rows: number, byteCount: number, seconds: number) {
  const rate = seconds === 0 ? 0 : bytesRead / seconds;
  const left = byteCount === 0 ? "" : bytesRead >= byteCount ? "finishing" : timeLeft((byteCount - bytesRead) / rate);
  return { bytes: formatBytes(bytesRead), rows: formatCount(rows), rate: formatBytes(rate), left };
}

function timeLeft(seconds: number): string {
  return Number.isFinite(seconds) ? `${formatDuration(seconds * 1000)} left` : "";
}

function shorten(path: string): string {
  return path.length <= NAME_WIDTH ? path : `…${path.slice(1 - NAME_WIDTH)}`;
}
