import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import forge from "node-forge";
import { ConfigurationError } from "../domain/errors.ts";

/** A client certificate as the sign-in takes it. Holds a private key: pass it on and nowhere else. */
export type ClientCertificate = {
  /** The private key, then the certificate that belongs to it, then those that signed it. */
  readonly pem: string;
  readonly expiresAt: Date;
};

type Found = { readonly key: KeyObject; readonly certificates: readonly X509Certificate[] };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END ([A-Z]+ )?PRIVATE KEY-----/;

/**
 * Reads a certificate with its private key: PEM, also with an encrypted key, or PFX (PKCS #12). Which of several
 * certificates is the key's own is found out: its thumbprint names it to Entra. Throws ConfigurationError that names the
 * file and never what is in it.
 */
export async function readCertificate(path: string, password: string | undefined): Promise<ClientCertificate> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ConfigurationError(`${path}: the certificate cannot be read: give the path of a PEM or PFX file`, {
      cause,
    });
  });
  const text = bytes.toString("latin1");
  const { key, certificates } = text.includes("-----BEGIN ")
    ? readPem(text, path, password)
    : readPfx(bytes, path, password);
  if (key.asymmetricKeyType !== "rsa") {
    throw new ConfigurationError(`${path}: has a key that is not RSA, which Entra does not take: make one with RSA`);
  }
  const own = certificates.find((one) => one.checkPrivateKey(key));
  if (own === undefined) throw lacks(path, "certificate of its private key");
  const chain = [own, ...certificates.filter((one) => one !== own)];
  return {
    pem: [key.export({ type: "pkcs8", format: "pem" }), ...chain.map((one) => one.toString())].join(""),
    expiresAt: new Date(own.validTo),
  };
}

function readPem(text: string, path: string, password: string | undefined): Found {
  const certificates = text.match(CERTIFICATE) ?? [];
  const key = PRIVATE_KEY.exec(text)?.[0];
  if (certificates.length === 0) throw lacks(path, "certificate");
  if (key === undefined) throw lacks(path, "private key");
  const isLocked = /ENCRYPTED/.test(key);
  try {
    return {
      key: createPrivateKey({ key, ...(isLocked && password !== undefined ? { passphrase: password } : {}) }),
      certificates: certificates.map((one) => new X509Certificate(one)),
    };
  } catch (cause) {
    throw isLocked ? locked(path, password) : unusable(path, cause);
  }
}

function readPfx(bytes: Buffer, path: string, password: string | undefined): Found {
  const { pki, oids } = { pki: forge.pki, oids: forge.pki.oids as Readonly<Record<string, string>> };
  const pfx = openPfx(bytes, path, password);
  const bagsOf = (type: string) => pfx.getBags({ bagType: oids[type] ?? "" })[oids[type] ?? ""] ?? [];
  const [key] = [...bagsOf("pkcs8ShroudedKeyBag"), ...bagsOf("keyBag")].flatMap((bag) => bag.key ?? []);
  const certificates = bagsOf("certBag").flatMap((bag) => bag.cert ?? []);
  if (key === undefined) throw lacks(path, "private key (of RSA)");
  return {
    key: createPrivateKey(pki.privateKeyToPem(key)),
    certificates: certificates.map((one) => new X509Certificate(pki.certificateToPem(one))),
  };
}

function openPfx(bytes: Buffer, path: string, password: string | undefined): forge.pkcs12.Pkcs12Pfx {
  try {
    return forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes.toString("binary")), password ?? "");
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw /mac could not be verified|invalid password/i.test(said) ? locked(path, password) : unusable(path, cause);
  }
}

function locked(path: string, password: string | undefined): ConfigurationError {
  const problem = password === undefined ? "needs a password" : "the password is wrong";
  return new ConfigurationError(`${path}: ${problem}: set the variable that holds it`);
}

function unusable(path: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `${path}: is neither a PEM nor a PFX file: export the certificate again, with its private key`,
    { cause: new Error(cause instanceof Error ? cause.message : String(cause)) },
  );
}

function lacks(path: string, what: string): ConfigurationError {
  return new ConfigurationError(`${path}: holds no ${what}: export the certificate again, with its private key`);
}
