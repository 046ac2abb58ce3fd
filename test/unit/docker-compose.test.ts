import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseSourcesFile } from "../../src/sources-file.ts";

const Condition = z.enum(["service_started", "service_healthy", "service_completed_successfully"]);
const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  profiles: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  configs: z.array(z.object({ source: z.string() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: Condition })).default({}),
  healthcheck: z.object({ test: z.union([z.string(), z.array(z.string())]) }).optional(),
  restart: z.enum(["no", "unless-stopped"]),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  configs: z.record(z.string(), z.object({ content: z.string() })),
  volumes: z.record(z.string(), z.null()),
});

const file = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const { services, configs, volumes } = Compose.parse(parse(file("docker-compose.yml"), { merge: true }));
const named = Object.entries(services);

/** Services that do their work once, by name. */
const ENDING = ["temporal-schema", "temporal-namespace", "migrate", "schedules"];

test("images are pinned to a release, or built here", () => {
  for (const [name, { image, build }] of named) {
    expect(image, `image of ${name}`).toMatch(build === undefined ? /:\d+\.\d+(\.\d+)*(-\w+)?$/ : /^billhouse:local$/);
  }
});

test("what comes from one release has one version", () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(file("node_modules/azurite/package.json")));
  expect(services["azurite"]?.image).toMatch(new RegExp(`:${version}$`));
  const releases = named.flatMap(([, { image }]) => /^temporalio\/(?:server|admin-tools):(.+)$/.exec(image)?.[1] ?? []);
  expect(releases).toHaveLength(3);
  expect(new Set(releases).size).toBe(1);
});

test("everything listens on this machine only", () => {
  const ports = named.flatMap((service) => service[1].ports);
  expect(ports.length).toBeGreaterThan(4);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:[\d-]+:\d+$/);
});

test("what is waited for is there, and comes to the state that is waited for", () => {
  for (const [name, { depends_on }] of named) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const expected = ENDING.includes(other) ? "service_completed_successfully" : "service_healthy";
      expect(condition, `${name} waits for ${other}`).toBe(expected);
      expect(Object.keys(services), `${name} waits for ${other}`).toContain(other);
    }
  }
});

test("services that stay have a health check and are started again; those that end are not", () => {
  for (const [name, { healthcheck, restart }] of named) {
    const ends = ENDING.includes(name);
    expect([healthcheck === undefined, restart], `${name} stays or ends`).toEqual([
      ends,
      ends ? "no" : "unless-stopped",
    ]);
  }
});

test("the scripts are ones that a shell understands", () => {
  const scripts = named.flatMap((service) => (Array.isArray(service[1].command) ? service[1].command : []));
  expect(scripts).toHaveLength(2);
  for (const script of scripts) {
    const { status, stderr } = spawnSync("sh", ["-n"], { input: script.replaceAll("$$", "$"), encoding: "utf8" });
    expect([status, stderr], `sh -n of ${script}`).toEqual([0, ""]);
  }
});

test("volumes and configs that are used are declared", () => {
  const used = named.flatMap((service) => service[1].volumes).map((volume) => volume.split(":")[0] ?? "");
  const own = used.filter((volume) => /^[\w-]+$/.test(volume));
  expect(own.toSorted()).toEqual(Object.keys(volumes).toSorted());
  const mounted = named.flatMap((service) => service[1].configs.map(({ source }) => source));
  expect(mounted).toEqual(Object.keys(configs));
  for (const { content } of Object.values(configs)) expect(parse(content)).toBeTypeOf("object");
});

test("without a profile only ClickHouse and Azurite start, and nothing that starts waits for one that does not", () => {
  const plain = named.filter((service) => service[1].profiles.length === 0).map(([name]) => name);
  expect(plain).toEqual(["clickhouse", "azurite"]);
  for (const name of plain) expect(services[name]?.depends_on, `${name} waits`).toEqual({});
});

test("every service of Billhouse works on the same warehouse and the same Temporal server", () => {
  const ours = named.filter((service) => service[1].build !== undefined);
  expect(ours.map(([name, { command }]) => [name, command])).toEqual([
    ["migrate", "migrate"],
    ["worker", "worker"],
    ["api", "serve"],
    ["schedules", "apply -f /config/sources.yaml"],
  ]);
  for (const [name, { environment }] of ours) {
    expect(environment, `environment of ${name}`).toMatchObject({
      CLICKHOUSE_URL: "http://clickhouse:8123",
      CLICKHOUSE_USER: services["clickhouse"]?.environment["CLICKHOUSE_USER"],
      CLICKHOUSE_PASSWORD: services["clickhouse"]?.environment["CLICKHOUSE_PASSWORD"],
      CLICKHOUSE_DATABASE: services["clickhouse"]?.environment["CLICKHOUSE_DB"],
      TEMPORAL_ADDRESS: name === "api" ? "${BILLHOUSE_API_TEMPORAL:-}" : "temporal:7233",
    });
  }
});

test("a service comes with every profile of those that wait for it", () => {
  for (const [name, { profiles, depends_on }] of named) {
    for (const other of Object.keys(depends_on)) {
      const others = services[other]?.profiles ?? [];
      const missing = others.length === 0 ? [] : profiles.filter((profile) => !others.includes(profile));
      expect(missing, `${name} waits for ${other}`).toEqual([]);
    }
  }
});

test("the API's readiness is asked for where it listens", () => {
  const { environment, healthcheck, ports } = services["api"] ?? {};
  expect(environment?.["BILLHOUSE_API_HOST"]).toBe("0.0.0.0");
  expect(String(healthcheck?.test)).toContain("http://127.0.0.1:8080/readyz");
  expect(ports).toEqual(["127.0.0.1:8080:8080"]);
});

test("Grafana gets the files that are there, and the password of the user that ClickHouse is told of", () => {
  const { environment, volumes: mounted = [] } = services["grafana"] ?? {};
  const folders = mounted.flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []);
  expect(folders).toEqual(["grafana/provisioning", "grafana/dashboards"]);
  for (const folder of folders) expect(readdirSync(new URL(`../../${folder}`, import.meta.url))).not.toEqual([]);
  const dashboard = /^\/etc\/(.+)$/.exec(String(environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]))?.[1] ?? "";
  expect(JSON.parse(file(dashboard))).toMatchObject({ uid: "billhouse-costs" });
  expect(configs["clickhouse-grafana"]?.content).toContain(
    `password: ${environment?.["CLICKHOUSE_GRAFANA_PASSWORD"]}\n`,
  );
  const source = file("grafana/provisioning/datasources/clickhouse.yaml");
  expect(source).toContain("password: $CLICKHOUSE_GRAFANA_PASSWORD\n");
  expect(source).toContain("defaultDatabase: $CLICKHOUSE_DATABASE\n");
});

test("the sources that docs/deployment.md shows for it can be applied", () => {
  const [, example = ""] = /```yaml\n([^]*?)```/.exec(file("docs/deployment.md")) ?? [];
  const [configured] = parseSourcesFile(example, "sources.yaml", "/config");
  expect(configured).toMatchObject({ source: { name: "contoso" }, schedule: { cron: { text: "0 */4 * * *" } } });
});

test("the worker's health is asked for where it tells its metrics", () => {
  const { environment, healthcheck, ports } = services["worker"] ?? {};
  const port = String(environment?.["BILLHOUSE_METRICS_ADDRESS"]).split(":")[1] ?? "";
  expect(String(healthcheck?.test)).toContain(`http://127.0.0.1:${port}/metrics`);
  expect(ports?.[0]).toMatch(new RegExp(`:${port}$`));
});
