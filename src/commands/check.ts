/** What one check found. A failed one and a warning say how to mend it. */
export type Check = {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed";
  readonly detail: string;
};

/** The work's finding; what it throws is a failed check. */
export async function check(name: string, work: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...(await work()) };
  } catch (error) {
    return { name, state: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
}
