import type { MetricMeter } from "@temporalio/common";
import type { ImportEvent } from "./import-events.ts";

/** Counts what happens, for Prometheus. */
export type WorkerMetrics = {
  readonly count: (event: ImportEvent, isCanceled: boolean) => void;
  readonly stop: () => void;
};

const MEMORY_INTERVAL_MS = 5000;

/** Makes the metrics of imports, and that of this process's memory. */
export function createWorkerMetrics(meter: MetricMeter): WorkerMetrics {
  const counter = (name: string, description: string) => meter.createCounter(`billhouse_${name}`, "", description);
  const rowsLoaded = counter("rows_loaded_total", "Rows that loads brought in");
  const rowsRejected = counter("rows_rejected_total", "Rows that loads refused");
  const bytesRead = counter("bytes_read_total", "Stored bytes that loads read");
  const loads = counter("loads_total", "Loads by how they ended: loaded, failed, canceled");
  const publications = counter("publications_total", "Runs that were made visible");
  const memory = meter.createGauge("billhouse_process_memory_bytes", "int", "", "Resident memory of the worker");

  const readSoFar = new Map<string, number>(); // of the loads under way
  const read = (source: string, key: string, bytes: number) => {
    bytesRead.add(Math.max(bytes - (readSoFar.get(key) ?? 0), 0), { source });
    readSoFar.set(key, bytes);
  };
  const measure = () => memory.set(process.memoryUsage.rss());
  measure();
  const timer = setInterval(measure, MEMORY_INTERVAL_MS);
  timer.unref();
  return {
    count(event, isCanceled) {
      switch (event.event) {
        case "part progress":
          return read(event.source, keyOf(event), event.bytesRead);
        case "part loaded": {
          const { source } = event;
          read(source, keyOf(event), event.byteCount);
          readSoFar.delete(keyOf(event));
          rowsLoaded.add(event.rowsLoaded, { source });
          rowsRejected.add(event.rowsRejected, { source });
          return loads.add(1, { source, state: "loaded" });
        }
        case "part failed":
          readSoFar.delete(keyOf(event));
          return loads.add(1, { source: event.source, state: isCanceled ? "canceled" : "failed" });
        case "run imported":
          return publications.add(1, { source: event.source });
        default:
          return undefined; // others are for the log
      }
    },
    stop: () => clearInterval(timer),
  };
}

function keyOf({ source, runId, part }: { source: string; runId: string; part: string }): string {
  return JSON.stringify([source, runId, part]);
}
