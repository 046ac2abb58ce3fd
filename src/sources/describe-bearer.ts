const CLAIM = /^[\w.@:#+-]{1,200}$/;

/**
 * Who a token is for, as far as it tells: `signed in to tenant … as application … (object …)`, or as a user. Only
 * `signed in` for one that tells nothing, as Azure's may become any day. Nothing of the token itself is in it.
 */
export function describeBearer(authorization: string): string {
  const claims = claimsOf(authorization);
  const told = (word: string, ...names: readonly string[]) => {
    const value = names.map((name) => claims[name]).find((one) => typeof one === "string" && CLAIM.test(one));
    return typeof value === "string" ? ` ${word} ${value}` : "";
  };
  const user = told("as user", "upn", "unique_name");
  const object = told("(object", "oid");
  const who = user === "" ? told("as application", "appid", "azp") : user;
  return `signed in${told("to tenant", "tid")}${who}${object === "" ? "" : `${object})`}`;
}

function claimsOf(authorization: string): Readonly<Record<string, unknown>> {
  const payload = authorization.replace(/^Bearer\s+/i, "").split(".")[1] ?? "";
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}
