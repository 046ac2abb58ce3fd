import type { Reporter, TestModule, TestSuite } from "vitest/node";

type Counts = { passed: number; failed: number; skipped: number };

/**
 * Ends a test run with the line `N passed, N failed, N skipped`, which continuous integration reads. What fails outside
 * a test (a file that does not load, a hook, an unhandled rejection) counts as one failure each, and so
 * does a test that never came to its end.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) count(module, counts);
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}

function count(module: TestModule, counts: Counts): void {
  counts.failed += brokenSuites(module);
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    counts[state === "pending" ? "failed" : state] += 1;
  }
}

function brokenSuites(module: TestModule): number {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites.filter((suite) => suite.errors().length > 0).length;
}
