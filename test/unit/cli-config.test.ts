import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { readConfig, readWorkerConfig } from "../../src/config.ts";

test("without a url the warehouse is the embedded one, below the working directory", () => {
  expect(readConfig({}, "/srv/costs").warehouse).toEqual({
    kind: "embedded",
    dataDir: "/srv/costs/.billhouse",
    database: "billhouse",
  });
});

test("a url, user, password and database lead to a server", () => {
  const env = {
    CLICKHOUSE_URL: "https://ch.example:8443",
    CLICKHOUSE_USER: "etl",
    CLICKHOUSE_PASSWORD: "geheim",
    CLICKHOUSE_DATABASE: "costs",
  };
  expect(readConfig(env, "/").warehouse).toEqual({
    kind: "server",
    address: { url: "https://ch.example:8443", username: "etl", password: "geheim", database: "costs" },
  });
});

test("a variable that is empty counts as not set", () => {
  const env = { CLICKHOUSE_URL: "", BILLHOUSE_DATA_DIR: "/data", LOG_LEVEL: "" };
  expect(readConfig(env, "/")).toEqual({
    warehouse: { kind: "embedded", dataDir: "/data", database: "billhouse" },
    partLimitBytes: 256 * 2 ** 30,
    logLevel: "info",
  });
});

test("the limit of a part is given in GiB, also in fractions of one", () => {
  expect(readConfig({ BILLHOUSE_PART_LIMIT_GIB: "0.5" }, "/").partLimitBytes).toBe(2 ** 29);
  for (const wrong of ["0", "-1", "many", "1 GB"]) {
    expect(() => readConfig({ BILLHOUSE_PART_LIMIT_GIB: wrong }, "/")).toThrow(
      "BILLHOUSE_PART_LIMIT_GIB: expected a number of GiB, such as 256.",
    );
  }
});

test("every variable that is wrong is named, secrets are not repeated", () => {
  const env = { CLICKHOUSE_URL: "http://etl:geheim@ch", CLICKHOUSE_DATABASE: "my costs", LOG_LEVEL: "loud" };
  expect(() => readConfig(env, "/")).toThrow(
    "CLICKHOUSE_URL: must not carry a user or password: set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD; " +
      "CLICKHOUSE_DATABASE: expected letters, digits and _, such as billhouse; " +
      "LOG_LEVEL: expected trace, debug, info, warn, error, fatal or silent. Correct the environment or the file .env.",
  );
});

test("a worker keeps below a share of the machine, and its slots follow the processors", () => {
  expect(readWorkerConfig({})).toEqual({
    memoryPercent: 80,
    cpuPercent: 90,
    slots: Math.max(4, 2 * availableParallelism()),
    metricsAddress: null,
    isVersioned: false,
  });
  const env = {
    BILLHOUSE_WORKER_MEMORY_PERCENT: "50",
    BILLHOUSE_WORKER_SLOTS: "3",
    BILLHOUSE_METRICS_ADDRESS: "0.0.0.0:9464",
    BILLHOUSE_WORKER_VERSIONING: "1",
  };
  const config = { memoryPercent: 50, slots: 3, metricsAddress: "0.0.0.0:9464", isVersioned: true };
  expect(readWorkerConfig(env)).toMatchObject(config);
});

test("what a worker cannot be told is named, all of it", () => {
  const env = { BILLHOUSE_WORKER_CPU_PERCENT: "120", BILLHOUSE_WORKER_SLOTS: "1", BILLHOUSE_METRICS_ADDRESS: "9464" };
  expect(() => readWorkerConfig(env)).toThrow(
    "BILLHOUSE_WORKER_CPU_PERCENT: expected a percentage, such as 80; BILLHOUSE_WORKER_SLOTS: expected at least 2; " +
      "BILLHOUSE_METRICS_ADDRESS: expected an address and a port, such as 0.0.0.0:9464. Correct the environment",
  );
});
