import { request } from "node:http";
import type { ClientRequest, OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Warehouse } from "../../clickhouse/client.ts";
import { saveSource } from "../../clickhouse/sources.ts";
import { SOURCE_DEFAULTS } from "../../src/domain/source.ts";
import type { PushSource } from "../../src/domain/source.ts";
import type { HttpSettings } from "../../src/http/settings.ts";
import type { ImportListener } from "../../src/import-events.ts";
import { createIngest } from "../../src/imports/ingest.ts";
import type { Ingest } from "../../src/imports/ingest.ts";
import { createTestService } from "./http-service.ts";
import type { TestService } from "./http-service.ts";

/** What the service has said. */
export type PushAnswer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: unknown };

/** A request whose body the test sends when it likes. */
export type OpenPush = { readonly sending: ClientRequest; readonly answer: Promise<PushAnswer> };

/** A service that listens, to which files are sent. */
export type PushService = {
  readonly service: TestService;
  readonly ingest: Ingest;
  readonly url: string;
  /** Sends a file with its length. */
  readonly push: (
    path: string,
    bytes: Buffer | string,
    mediaType?: string,
    headers?: OutgoingHttpHeaders,
  ) => Promise<PushAnswer>;
  /** Begins to send one, in chunks unless the headers say how long it is. */
  readonly open: (path: string, headers?: OutgoingHttpHeaders) => OpenPush;
};

/** Starts a service for one test. */
export async function startPushService(
  warehouse: Warehouse,
  options: {
    readonly settings?: Partial<HttpSettings>;
    readonly env?: NodeJS.ProcessEnv;
    readonly tell?: ImportListener;
  } = {},
): Promise<PushService> {
  const { settings = {}, env = {}, tell } = options;
  const ingest = createIngest({ env, cwd: tmpdir(), warehouse, ...(tell === undefined ? {} : { tell }) });
  const service = await createTestService(warehouse, { ingest, settings });
  await service.app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    service.app.server.closeAllConnections();
    await service.close();
    await ingest.close();
  });
  const { port } = service.app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const open: PushService["open"] = (path, headers = {}) => {
    const sending = request(`${url}${path}`, { method: "POST", headers: { "content-type": "text/csv", ...headers } });
    const answer = new Promise<PushAnswer>((resolve, reject) => {
      sending.on("error", reject);
      sending.on("response", (response) => {
        const { statusCode: status = 0, headers: said } = response;
        text(response).then(
          (body) => resolve({ status, headers: said, body: body === "" ? null : JSON.parse(body) }),
          reject,
        );
      });
    });
    answer.catch(() => undefined); // who breaks off hears nothing
    return { sending, answer };
  };
  return {
    service,
    ingest,
    url,
    open,
    push(path, bytes, mediaType = "text/csv", headers = {}) {
      const opened = open(path, { "content-type": mediaType, "content-length": Buffer.byteLength(bytes), ...headers });
      opened.sending.end(bytes);
      return opened.answer;
    },
  };
}

let sources = 0;

/** Adds a source to which files are sent, and a subscription that no other test has. */
export async function addPushSource(
  warehouse: Warehouse,
  settings: Partial<Omit<PushSource, "kind">> = {},
): Promise<PushSource & { readonly subscriptionId: string }> {
  const number = String(++sources);
  const source: PushSource = { ...SOURCE_DEFAULTS, name: `push-${number}`, ...settings, kind: "push" };
  await saveSource(warehouse, source);
  return { ...source, subscriptionId: `00000000-0000-4000-8000-${number.padStart(12, "0")}` };
}
