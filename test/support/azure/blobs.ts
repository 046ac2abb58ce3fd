import { createHash } from "node:crypto";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** Blobs of reports behind links that run out, on a host of their own. */
export type SimulatedBlobs = {
  /** Refuses every link that was given out so far, as when its hour is over. */
  expireLinks(): void;
  /** The blobs of reports are there no more; links stay good. */
  removeBlobs(): void;
};

/** What the Cost Details API does with them. */
export type BlobShelf = SimulatedBlobs & {
  /** A new link to a blob; each has a signature of its own. */
  linkTo(path: string, until: Date): string;
  put(path: string, bytes: Buffer): void;
  /** Where they are served; known when the server listens. */
  setUrl(url: string): void;
  answer(request: SimulatedRequest): SimulatedAnswer;
};

/** An empty shelf; a token that is sent to it is a violation. */
export function createBlobShelf(violations: string[], now: () => Date): BlobShelf {
  const blobs = new Map<string, Buffer>();
  const links = new Map<string, { readonly path: string; readonly until: Date; isExpired: boolean }>();
  let url = "";

  const read = ({ path, headers, query }: SimulatedRequest): SimulatedAnswer => {
    if (headers["authorization"] !== undefined) {
      violations.push(`Authorization was sent to the blob host: ${path}`);
      return blobRefusal(
        400,
        "InvalidAuthenticationInfo",
        "Authentication information is not given in the correct format.",
      );
    }
    const link = links.get(query.get("sig") ?? "");
    if (link === undefined || link.path !== path || query.get("sv") === null) {
      return blobRefusal(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Signature did not match.",
      );
    }
    if (link.isExpired || link.until < now()) {
      return blobRefusal(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Signature not valid in the specified time frame.",
      );
    }
    const bytes = blobs.get(path);
    if (bytes === undefined) return blobRefusal(404, "BlobNotFound", "The specified blob does not exist.");
    const etag = `"0x${createHash("md5").update(bytes).digest("hex").slice(0, 15).toUpperCase()}"`;
    const condition = headers["if-match"];
    if (condition !== undefined && condition !== "*" && condition !== etag) {
      return blobRefusal(
        412,
        "ConditionNotMet",
        "The condition specified using HTTP conditional header(s) is not met.",
      );
    }
    return slice(bytes, headers["range"] ?? headers["x-ms-range"], etag);
  };

  return {
    linkTo(path, until) {
      const signature = `SIG-SECRET-${links.size + 1}`;
      links.set(signature, { path, until, isExpired: false });
      const signed = new URLSearchParams({
        sv: "2020-05-31",
        se: until.toISOString(),
        sr: "b",
        sp: "r",
        sig: signature,
      });
      return `${url}${path}?${signed.toString()}`;
    },
    put: (path, bytes) => void blobs.set(path, bytes),
    setUrl(served) {
      url = served;
    },
    expireLinks() {
      for (const link of links.values()) link.isExpired = true;
    },
    removeBlobs: () => blobs.clear(),
    answer: read,
  };
}

function slice(bytes: Buffer, range: string | undefined, etag: string): SimulatedAnswer {
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag,
    "last-modified": "Fri, 01 May 2026 00:00:00 GMT",
    "x-ms-request-id": "00000000-0000-4000-8000-000000000000",
    "x-ms-version": "2020-05-31",
    "x-ms-blob-type": "BlockBlob",
  };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === undefined) return { status: 200, headers, body: bytes };
  const start = Number(first);
  const end = last === "" || last === undefined ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (start >= bytes.length) return blobRefusal(416, "InvalidRange", "The range is invalid for the current size.");
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end + 1),
  };
}

function blobRefusal(status: number, code: string, message: string): SimulatedAnswer {
  return {
    status,
    headers: { "content-type": "application/xml", "x-ms-error-code": code, "x-ms-request-id": "0" },
    body: `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}
