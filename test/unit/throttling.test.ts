import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ContainerClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { StorageError, ThrottledError } from "../../src/domain/errors.ts";
import { blobError } from "../../src/sources/blob-error.ts";

/** What the SDK throws when the account answers so. */
async function answered(status: number, headers: Record<string, string>): Promise<unknown> {
  const server = createServer((_, response) => void response.writeHead(status, headers).end());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const container = new ContainerClient(`http://127.0.0.1:${port}/account/exports`, undefined, {
      retryOptions: { maxTries: 1 },
    });
    return await container.getProperties().catch((error: unknown) => error);
  } finally {
    server.close();
  }
}

const request = { place: "https://account/exports", action: "list", credential: "default" } as const;

test.each([
  [503, { "retry-after": "7" }, 7],
  [429, { "Retry-After": "30" }, 30],
  [503, {}, null],
  [503, { "retry-after": "soon" }, null],
  [503, { "retry-after": "86400" }, 3600],
])("the answer %s %j says when to come back: %s", async (status, headers, seconds) => {
  const error = blobError(await answered(status, headers), request);
  expect(error).toBeInstanceOf(ThrottledError);
  expect(error).toMatchObject({ name: "ThrottledError", retryAfterSeconds: seconds });
});

test("a date says it as well", async () => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const { retryAfterSeconds } = blobError(await answered(503, { "retry-after": date }), request) as ThrottledError;
  expect(retryAfterSeconds).toBeGreaterThan(50);
  expect(retryAfterSeconds).toBeLessThanOrEqual(61);
});

test("other failures of the service are no throttling", async () => {
  const error = blobError(await answered(500, { "retry-after": "7" }), request);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).not.toBeInstanceOf(ThrottledError);
});
