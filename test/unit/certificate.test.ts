import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCertificate } from "../../src/sources/certificate.ts";

const PASSWORD = "PASSWORD-SECRET-1";

describe("client certificates", () => {
  let folder = "";
  const file = (name: string) => join(folder, name);
  const openssl = (line: string) => execFileSync("openssl", line.split(" "), { cwd: folder, stdio: "pipe" });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "billhouse-certificate-"));
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -subj /CN=b -days 2");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca -subj /CN=a -days 2");
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec -subj /CN=b -days 2");
    openssl(`rsa -in key -aes256 -passout pass:${PASSWORD} -out locked.key`);
    openssl(`rsa -in key -aes256 -traditional -passout pass:${PASSWORD} -out old-locked.key`);
    const pfx = `pkcs12 -export -inkey key -in crt -passout pass:${PASSWORD}`;
    openssl(`${pfx} -certfile ca -out modern.pfx`);
    openssl(`${pfx} -out old.pfx -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1`);
    openssl("pkcs12 -export -inkey key -in crt -passout pass: -out open.pfx");
    openssl(`pkcs12 -export -nokeys -in crt -passout pass:${PASSWORD} -out keyless.pfx`);
    openssl(`pkcs12 -in modern.pfx -passin pass:${PASSWORD} -nodes -out described.pem`);
    const files = {
      "both.pem": "key crt",
      "chain-first.pem": "ca crt key",
      "locked.pem": "locked.key crt",
      "old-locked.pem": "crt old-locked.key",
      "ec.pem": "ec.key ec",
      "strangers.pem": "key ca",
    };
    for (const [name, parts] of Object.entries(files)) {
      execFileSync("sh", ["-c", `cat ${parts} > ${name}`], { cwd: folder });
    }
    await writeFile(file("nonsense.pfx"), "nonsense");
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ["modern.pfx", PASSWORD],
    ["old.pfx", PASSWORD],
    ["open.pfx", undefined],
    ["both.pem", undefined],
    ["both.pem", "a password that nothing needs"],
    ["chain-first.pem", undefined],
    ["described.pem", undefined],
    ["locked.pem", PASSWORD],
    ["old-locked.pem", PASSWORD],
  ])("%s with the password %s gives the key and, first, the certificate that belongs to it", async (name, password) => {
    const { pem, expiresAt } = await readCertificate(file(name), password);
    const certificate = new X509Certificate(pem.slice(pem.indexOf("-----BEGIN CERTIFICATE-----")));
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(certificate.subject).toBe("CN=b");
    expect(expiresAt).toEqual(new Date(certificate.validTo));
  });

  test.each([
    ["modern.pfx", "wrong", /the password is wrong/],
    ["modern.pfx", undefined, /needs a password/],
    ["locked.pem", "wrong", /the password is wrong/],
    ["locked.pem", undefined, /needs a password/],
    ["keyless.pfx", PASSWORD, /holds no private key/],
    ["crt", undefined, /holds no private key/],
    ["key", undefined, /holds no certificate/],
    ["strangers.pem", undefined, /holds no certificate of its private key/],
    ["ec.pem", undefined, /not RSA/],
    ["nonsense.pfx", undefined, /neither a PEM nor a PFX/],
    ["missing.pfx", undefined, /cannot be read/],
  ])("%s with the password %s is refused, and nothing of it is told", async (name, password, says) => {
    const failure = (await readCertificate(file(name), password).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ name: "ConfigurationError", message: expect.stringMatching(says) as string });
    expect(inspect(failure, { depth: 12 })).not.toMatch(/PRIVATE KEY|PASSWORD-SECRET/);
  });
});
