import { createHash, generateKeyPairSync } from "node:crypto";
import forge from "node-forge";

/** A self-signed certificate with its private key. */
export type MadeCertificate = {
  readonly certificate: string;
  readonly privateKey: string;
  /** SHA-1 and SHA-256 of the certificate, as an assertion's `x5t` and `x5t#S256` have them. */
  readonly thumbprints: { readonly sha1: string; readonly sha256: string };
  /** As a PFX file (PKCS #12). */
  readonly pfx: (password: string, chain?: readonly MadeCertificate[]) => Buffer;
};

const DAY_MS = 86_400_000;

/** Makes a certificate that is good for so many days from now, or has run out so many days ago where they are negative. */
export function makeCertificate(name: string, days = 2): MadeCertificate {
  const { pki, asn1, pkcs12 } = forge;
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const key = pki.privateKeyFromPem(pair.privateKey);
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date(Date.now() - 30 * DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + days * DAY_MS);
  const subject = [{ name: "commonName", value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true },
    {
      name: "subjectAltName",
      altNames: [
        { type: 2, value: "localhost" },
        { type: 7, ip: "127.0.0.1" },
      ],
    },
  ]);
  certificate.sign(key, forge.md.sha256.create());
  const der = Buffer.from(asn1.toDer(pki.certificateToAsn1(certificate)).getBytes(), "binary");
  const thumbprint = (algorithm: string) => createHash(algorithm).update(der).digest("base64url");
  return {
    certificate: pki.certificateToPem(certificate),
    privateKey: pair.privateKey,
    thumbprints: { sha1: thumbprint("sha1"), sha256: thumbprint("sha256") },
    pfx(password, chain = []) {
      const others = chain.map((one) => pki.certificateFromPem(one.certificate));
      const file = pkcs12.toPkcs12Asn1(key, [...others, certificate], password, { algorithm: "aes256" });
      return Buffer.from(asn1.toDer(file).getBytes(), "binary");
    },
  };
}
