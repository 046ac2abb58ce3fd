/** What is wrong with each parameter, by its name. */
export type Problems = Readonly<Record<string, readonly string[]>>;

/** A failed validation, as fastify-type-provider-zod tells it. */
export type FailedValidation = {
  readonly validationContext?: string | undefined;
  readonly validation: readonly {
    readonly keyword: string;
    readonly instancePath: string;
    readonly message?: string | undefined;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
};

/** The problems by parameter; those of a body as a whole have the name `body`. */
export function problemsOf({ validation, validationContext = "request" }: FailedValidation): Problems {
  const problems: Record<string, string[]> = {};
  const note = (name: string, text: string) => (problems[name] ??= []).push(text);
  for (const { keyword, instancePath, message = "Invalid value.", params } of validation) {
    const path = instancePath.split("/").filter(Boolean).join(".");
    const unknown = keyword === "unrecognized_keys" && Array.isArray(params["keys"]) ? params["keys"].map(String) : [];
    if (unknown.length === 0) note(path === "" ? validationContext : path, message);
    for (const key of unknown) note(path === "" ? key : `${path}.${key}`, "Unknown parameter.");
  }
  return problems;
}
