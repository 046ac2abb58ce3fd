/** What kinds of failures there are between us and one of Azure's services; metrics and connection tests tell them. */
export const FAILURE_KINDS = [
  "authentication",
  "permission",
  "not found",
  "throttled",
  "transient",
  "refused",
] as const;

/** One of them. */
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** Why a connection test failed: also because something that is configured is missing or wrong. */
export const TEST_FAILURES = [...FAILURE_KINDS, "configuration"] as const;

/** One of them. */
export type TestFailure = (typeof TEST_FAILURES)[number];

/** What the test of a source's connection found. Holds no secret. */
export type ConnectionTest = {
  readonly success: boolean;
  /** What was found; where it failed, what is wrong and how to mend it. */
  readonly message: string;
  /** What to look at although the test succeeded; null for nothing. */
  readonly warning: string | null;
  /** The HTTP status of the service's last answer; null where there was none. */
  readonly statusCode: number | null;
  readonly responseTimeMs: number;
  /** Null where it succeeded. */
  readonly failure: TestFailure | null;
};
