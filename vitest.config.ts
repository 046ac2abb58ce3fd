import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/support/reporter.ts";

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    pool: "forks", // the engine is a native library: a process per file, so that one crash is one file's
    maxWorkers: 2, // a file of integration tests may hold an engine of its own, about 400 MB
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/template.ts"],
          sequence: { groupOrder: 1 }, // after the unit tests: what is cheap fails first
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
