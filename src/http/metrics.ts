import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { HttpDependencies } from "./dependencies.ts";
import { onEnd } from "./traffic.ts";

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what the service does, and answers it at /metrics in the form that Prometheus reads. */
export function addMetrics(app: FastifyInstance, { queries, cache, traffic, ingest }: HttpDependencies): void {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "billhouse_http_request_duration_seconds",
    help: "How long requests took, by route, method and status",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const ended = new Histogram({
    name: "billhouse_http_query_duration_seconds",
    help: "How long queries took in the warehouse, by how they ended: done, failed, left",
    labelNames: ["outcome"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const answers = new Counter({
    name: "billhouse_http_answers_total",
    help: "Answers that publications decide, by where they came from: not modified, memory, warehouse",
    labelNames: ["from"],
    registers,
  });
  gauge("billhouse_http_requests_running", "Requests that are under way, this one included", traffic.count);
  gauge("billhouse_http_queries_running", "Queries that run at this moment", () => queries.counts().running);
  gauge("billhouse_http_queries_waiting", "Requests that wait for their turn", () => queries.counts().waiting);
  gauge("billhouse_http_files_running", "Files that are being brought in at this moment", ingest.running);
  gauge("billhouse_http_cache_bytes", "What the answers in memory take", () => cache.byteCount());

  queries.onEnd((outcome, seconds) => ended.observe({ outcome }, seconds));
  cache.onAnswer((from) => answers.inc({ from }));
  onEnd(app, (request, reply, status) => {
    const route = request.routeOptions.url ?? "unknown"; // of the route, not of the request: those have no end
    requests.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
  });
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );

  function gauge(name: string, help: string, read: () => number): void {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) });
  }
}
