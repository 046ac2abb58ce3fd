import { DefaultLogger } from "@temporalio/worker";
import { expect, test } from "vitest";
import { z } from "zod";
import { WORKFLOWS } from "../../src/domain/workflow-names.ts";
import { bundleWorkflows } from "../../src/workflow-bundle.ts";
import * as workflows from "../../workflows/temporal.ts";

const SourceMap = z.object({ sources: z.array(z.string()) });

test("the bundle of the workflows holds the workflows and the domain, nothing of Node, ClickHouse or the stores", async () => {
  const bundle = await bundleWorkflows(new DefaultLogger("ERROR")); // fails by itself where anything of Node gets in
  const code = "code" in bundle ? bundle.code : "";
  const [, encoded = ""] = /sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)/.exec(code) ?? [];
  const { sources } = SourceMap.parse(JSON.parse(Buffer.from(encoded, "base64").toString()));

  const root = new URL("../../", import.meta.url).pathname;
  const own = sources.filter((path) => path.startsWith(root) && !path.includes("/node_modules/"));
  const others = own.filter((path) => !/^(workflows|src\/domain)\//.test(path.slice(root.length)));
  expect(others).toEqual([]);
  expect(own).toContain(`${root}workflows/import-source.ts`);
  const packages = sources.flatMap((path) => /\/node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(packages)].toSorted()).toMatchInlineSnapshot(`
    [
      "@temporalio/common",
      "@temporalio/workflow",
      "long",
      "nexus-rpc",
    ]
  `);
});

test("every workflow that is named can be started, and no other", () => {
  expect(Object.keys(workflows).toSorted()).toEqual([...WORKFLOWS].toSorted());
});
