import { inspect } from "node:util";
import type { AzureCloud } from "../../../src/domain/azure-cloud.ts";
import type { AzureIdentity } from "../../../src/domain/azure-identity.ts";
import { createSignIn } from "../../../src/sources/azure-sign-in.ts";

/** Someone who signs in, in a process that trusts the simulated Entra: Node reads NODE_EXTRA_CA_CERTS when it starts. */
export type SignInCase = {
  readonly identity: AzureIdentity;
  readonly cloud?: AzureCloud;
  /** Variables of the process from now on. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often a token is asked for, and whether the last one was refused; once by default. */
  readonly asks?: readonly ("first" | "again" | "refused")[];
};

/** What came of it. */
export type SignInResult = {
  readonly authorizations: readonly string[];
  /** What was thrown, and all that can be seen of it. */
  readonly failure: { readonly name: string; readonly message: string; readonly everything: string } | null;
};

const cases = JSON.parse(process.argv[2] ?? "[]") as SignInCase[];
const results: SignInResult[] = [];
for (const one of cases) results.push(await resultOf(one));
process.stdout.write(JSON.stringify(results));

async function resultOf({
  identity,
  cloud = "public",
  environment,
  asks = ["first"],
}: SignInCase): Promise<SignInResult> {
  Object.assign(process.env, environment);
  const authorizations: string[] = [];
  try {
    const signIn = createSignIn(identity, { cloud }, process.env);
    for (const ask of asks) authorizations.push(await signIn.authorize(ask === "refused"));
    return { authorizations, failure: null };
  } catch (error) {
    const { name, message, stack } = error as Error;
    const everything = [inspect(error, { depth: 12, showHidden: true }), JSON.stringify(error), stack].join("\n");
    return { authorizations, failure: { name, message, everything } };
  }
}
