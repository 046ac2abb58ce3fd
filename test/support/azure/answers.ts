import { randomUUID } from "node:crypto";
import type { SimulatedAnswer, SimulatedRequest } from "./server.ts";

/** Headers that every answer of Azure's management API has. */
export function managementHeaders(): Record<string, string> {
  const id = randomUUID();
  return {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-cache",
    "x-ms-request-id": id,
    "x-ms-correlation-request-id": id,
    "x-ms-routing-request-id": `WESTEUROPE:20260101T000000Z:${id}`,
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
  };
}

/** A refusal in the shape of Azure's management API. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): SimulatedAnswer {
  return {
    status,
    headers: { ...managementHeaders(), ...headers },
    body: JSON.stringify({ error: { code, message } }),
  };
}

/** The Query API's answer: the sum of a month's costs. */
export function sumAnswer({ path, query }: SimulatedRequest): SimulatedAnswer {
  if (query.get("api-version") === null) {
    return refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required for all requests.");
  }
  const name = randomUUID();
  return {
    status: 200,
    headers: managementHeaders(),
    body: JSON.stringify({
      id: `${path.replace(/^\//, "")}/${name}`,
      name,
      type: "Microsoft.CostManagement/query",
      properties: {
        nextLink: null,
        columns: [
          { name: "Cost", type: "Number" },
          { name: "Currency", type: "String" },
        ],
        rows: [[12.5, "EUR"]],
      },
    }),
  };
}
