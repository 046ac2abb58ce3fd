import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/domain/errors.ts";
import { isTemporalSet, readTemporalOptions } from "../../src/temporal/connect-options.ts";

test("an address is enough", () => {
  expect(isTemporalSet({})).toBe(false);
  expect(isTemporalSet({ TEMPORAL_ADDRESS: "" })).toBe(false);
  expect(isTemporalSet({ TEMPORAL_ADDRESS: "localhost:7233" })).toBe(true);
  expect(readTemporalOptions({ TEMPORAL_ADDRESS: "localhost:7233", TEMPORAL_NAMESPACE: "" })).toEqual({
    address: "localhost:7233",
    connection: { address: "localhost:7233" },
    namespace: "default",
    taskQueue: "billhouse",
  });
});

test("an API key turns TLS on, and the task queue can be another", () => {
  const env = {
    TEMPORAL_ADDRESS: "eu-central-1.aws.api.temporal.io:7233",
    TEMPORAL_NAMESPACE: "costs.a1b2c",
    TEMPORAL_API_KEY: "geheim",
    BILLHOUSE_TASK_QUEUE: "nightly",
  };
  const { connection, namespace, taskQueue } = readTemporalOptions(env);
  expect(connection).toEqual({ address: env.TEMPORAL_ADDRESS, apiKey: "geheim", tls: true });
  expect({ namespace, taskQueue }).toEqual({ namespace: "costs.a1b2c", taskQueue: "nightly" });
});

test("certificates are read from files, and from a profile", async () => {
  const dir = await mkdtemp(join(tmpdir(), "billhouse-temporal-"));
  try {
    const [certificate, key, file] = [join(dir, "client.pem"), join(dir, "client.key"), join(dir, "temporal.toml")];
    await writeFile(certificate, "the certificate");
    await writeFile(key, "the key");
    const pair = { crt: bytesOf("the certificate"), key: bytesOf("the key") };
    const tls = { TEMPORAL_TLS_CLIENT_CERT_PATH: certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: key };
    expect(readTemporalOptions({ TEMPORAL_ADDRESS: "temporal:7233", ...tls }).connection.tls).toMatchObject({
      clientCertPair: pair,
    });
    const profile = `[profile.prod]\naddress = "temporal:7233"\nnamespace = "costs"\n`;
    await writeFile(
      file,
      `${profile}[profile.prod.tls]\nclient_cert_path = "${certificate}"\nclient_key_path = "${key}"\n`,
    );
    const options = readTemporalOptions({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: "prod" });
    expect(options).toMatchObject({ address: "temporal:7233", namespace: "costs" });
    expect(options.connection.tls).toMatchObject({ clientCertPair: pair });
  } finally {
    await rm(dir, { recursive: true });
  }
});

test.each([
  [{}, "TEMPORAL_ADDRESS: not set. Set it to the server's address, such as localhost:7233."],
  [
    { TEMPORAL_ADDRESS: "http://localhost:7233" },
    'TEMPORAL_ADDRESS: expected an address like localhost:7233, got "http://localhost:7233".',
  ],
  [
    { TEMPORAL_ADDRESS: "temporal:7233", TEMPORAL_TLS_CLIENT_CERT_PATH: "/no/such.pem" },
    "TEMPORAL_TLS_CLIENT_KEY_PATH: not set. A client certificate needs its key",
  ],
  [{ TEMPORAL_ADDRESS: "temporal:7233", TEMPORAL_TLS_SERVER_CA_CERT_PATH: "/no/ca.pem" }, "/no/ca.pem"],
  [{ TEMPORAL_ADDRESS: "temporal:7233", TEMPORAL_PROFILE: "prod" }, "Profile 'prod' not found"],
])("%j is refused with what to do", (env, message) => {
  expect(() => readTemporalOptions(env)).toThrow(ConfigurationError);
  expect(() => readTemporalOptions(env)).toThrow(message);
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
