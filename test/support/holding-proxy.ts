import { createServer, request as sendRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/** Stands between a process and its warehouse, and holds back one statement. */
export type HoldingProxy = {
  readonly url: string;
  /** Whether the statement has come and waits; it is never answered. */
  readonly isHolding: () => boolean;
  readonly close: () => Promise<void>;
};

/** Passes everything on to a warehouse but the first statement with this text: that one waits for ever. */
export async function startHoldingProxy(warehouseUrl: string, text: string): Promise<HoldingProxy> {
  let isHolding = false;
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (!isHolding && body.includes(text)) {
      isHolding = true;
      return;
    }
    const { "transfer-encoding": _chunked, ...headers } = request.headers;
    const sent = sendRequest(new URL(request.url ?? "/", warehouseUrl), {
      method: request.method,
      headers: { ...headers, "content-length": body.length },
    });
    const passed = new Promise<IncomingMessage>((resolve, reject) => sent.on("response", resolve).on("error", reject));
    sent.end(body);
    const answer = await passed;
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    await pipeline(answer, response);
  };
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isHolding: () => isHolding,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
