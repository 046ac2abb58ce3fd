import { createVerify, constants, X509Certificate } from "node:crypto";
import type { MadeCertificate } from "./certificates.ts";
import type { Fault } from "./faults.ts";
import { startServer } from "./server.ts";
import type { SeenRequest, SimulatedAnswer, SimulatedRequest, SimulatedTraffic } from "./server.ts";

/** An application that can sign in, with whatever it may show. */
export type SimulatedApplication = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret?: string;
  /** Whether the secret has run out. */
  readonly isSecretExpired?: boolean;
  readonly certificate?: MadeCertificate;
  /** The token of a Kubernetes service account that it trusts. */
  readonly federatedToken?: string;
};

/** Microsoft Entra over https, with a certificate of its own. */
export type SimulatedEntra = {
  /** The authority's host, such as `https://127.0.0.1:1234`. */
  readonly url: string;
  setApplication(application: SimulatedApplication): void;
  /** Faults of the token endpoint; each request takes the next one. */
  fault(...faults: readonly (readonly Fault[])[]): void;
  /** Requests for tokens so far. */
  requests(): readonly SeenRequest[];
  /** The headers of the assertions that were shown so far. */
  readonly assertions: readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<void>;
};

const TOKEN = /^\/([^/]+)\/oauth2\/v2\.0\/token$/;
const DISCOVERY = /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/;

/** Starts it with a server certificate, which clients have to be told of by NODE_EXTRA_CA_CERTS. */
export async function startEntra(own: MadeCertificate): Promise<SimulatedEntra> {
  const applications = new Map<string, SimulatedApplication>();
  const tenants = new Set<string>();
  const assertions: Record<string, unknown>[] = [];
  const traffic: SimulatedTraffic = {
    faults: new Map([["tokens", []]]),
    seen: [],
    violations: [],
    held: new Set(),
    now: () => new Date(),
  };
  let count = 0;

  const answerToken = ({ path, body }: SimulatedRequest, url: string): SimulatedAnswer => {
    const tenant = TOKEN.exec(path)?.[1] ?? "";
    const form = new URLSearchParams(body);
    const clientId = form.get("client_id") ?? "";
    if (form.get("grant_type") !== "client_credentials" || form.get("scope")?.endsWith("/.default") !== true) {
      return refusal(
        400,
        "invalid_request",
        900144,
        "The request body must contain the parameters grant_type and scope.",
      );
    }
    if (!tenants.has(tenant)) return refusal(400, "invalid_request", 90002, `Tenant '${tenant}' not found.`);
    const application = applications.get(clientId);
    if (application?.tenantId !== tenant) {
      return refusal(400, "unauthorized_client", 700016, `Application with identifier '${clientId}' was not found.`);
    }
    const assertion = form.get("client_assertion");
    const problem =
      assertion === null
        ? secretProblem(application, form.get("client_secret"))
        : assertionProblem(application, assertion, `${url}${path}`, assertions);
    if (problem !== null) return problem;
    count += 1;
    return json(200, {
      token_type: "Bearer",
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: `TOKEN-SECRET-${clientId}-${count}`,
    });
  };

  const server = await startServer(
    traffic,
    (request) => {
      const tenant = DISCOVERY.exec(request.path)?.[1];
      if (tenant !== undefined) return { api: null, handle: () => json(200, configurationOf(server.url, tenant)) };
      if (request.method === "POST" && TOKEN.test(request.path)) {
        return { api: "tokens", handle: () => answerToken(request, server.url) };
      }
      return { api: null, handle: () => json(404, {}) };
    },
    { key: own.privateKey, cert: own.certificate },
  );

  return {
    url: server.url,
    setApplication(application) {
      applications.set(application.clientId, application);
      tenants.add(application.tenantId);
    },
    fault: (...faults) => void traffic.faults.get("tokens")?.push(...faults.flat()),
    requests: () => traffic.seen.filter(({ api }) => api === "tokens"),
    assertions,
    stop: () => server.stop(),
  };
}

function configurationOf(url: string, tenant: string): object {
  const base = `${url}/${tenant}`;
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
  };
}

function secretProblem(application: SimulatedApplication, secret: string | null): SimulatedAnswer | null {
  if (secret === null || application.secret !== secret) {
    return refusal(401, "invalid_client", 7000215, "Invalid client secret provided.");
  }
  return application.isSecretExpired === true
    ? refusal(401, "invalid_client", 7000222, "The provided client secret keys for app are expired.")
    : null;
}

function assertionProblem(
  application: SimulatedApplication,
  assertion: string,
  audience: string,
  assertions: Record<string, unknown>[],
): SimulatedAnswer | null {
  if (application.federatedToken !== undefined) {
    return assertion === application.federatedToken
      ? null
      : refusal(401, "invalid_client", 700213, "No matching federated identity record found for presented assertion.");
  }
  const [head = "", payload = "", signature = ""] = assertion.split(".");
  const header = decoded(head);
  const claims = decoded(payload);
  assertions.push(header);
  const { certificate } = application;
  const refuse = (reason: string) =>
    refusal(401, "invalid_client", 700027, `Client assertion failed signature validation. [Reason - ${reason}]`);
  if (certificate === undefined) return refuse("The application has no certificate.");
  const { sha1, sha256 } = certificate.thumbprints;
  if (header["x5t"] !== sha1 && header["x5t#S256"] !== sha256) return refuse("The key was not found.");
  const verify = createVerify("RSA-SHA256").update(`${head}.${payload}`);
  const isPss = header["alg"] === "PS256";
  const key = {
    key: certificate.certificate,
    ...(isPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}),
  };
  if (!verify.verify(key, signature, "base64url")) return refuse("The signature is wrong.");
  if (new X509Certificate(certificate.certificate).validTo && isOver(certificate)) {
    return refuse("The key used is expired.");
  }
  const isRight =
    claims["aud"] === audience && claims["iss"] === application.clientId && claims["sub"] === application.clientId;
  return isRight ? null : refuse("The claims are wrong.");
}

function isOver({ certificate }: MadeCertificate): boolean {
  return Date.parse(new X509Certificate(certificate).validTo) < Date.now();
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
}

function json(status: number, body: object): SimulatedAnswer {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}

function refusal(status: number, error: string, code: number, message: string): SimulatedAnswer {
  const trace = "00000000-0000-4000-8000-000000000000";
  return json(status, {
    error,
    error_description: `AADSTS${code}: ${message} Trace ID: ${trace} Correlation ID: ${trace} Timestamp: 2026-01-01 00:00:00Z`,
    error_codes: [code],
    timestamp: "2026-01-01 00:00:00Z",
    trace_id: trace,
    correlation_id: trace,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  });
}
