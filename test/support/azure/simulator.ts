import { refusal, sumAnswer } from "./answers.ts";
import { createBlobShelf } from "./blobs.ts";
import type { SimulatedBlobs } from "./blobs.ts";
import { createCostDetails } from "./cost-details.ts";
import type { SimulatedCostDetails } from "./cost-details.ts";
import { createEa, EA_KEY } from "./ea.ts";
import type { SimulatedEa } from "./ea.ts";
import type { Fault, SimulatedApi } from "./faults.ts";
import { IDENTITY_HEADER, startIdentity } from "./identity.ts";
import { startServer } from "./server.ts";
import type { SeenRequest, SimulatedAnswer, SimulatedRequest, SimulatedTraffic } from "./server.ts";
import { createUsageDetails } from "./usage-details.ts";
import type { SimulatedUsageDetails } from "./usage-details.ts";

/** Azure's cost APIs over real HTTP on loopback ports. All secrets in it match `SIMULATED_SECRET`. */
export type AzureSimulator = {
  /** Endpoint of cost-details and usage-details sources. */
  readonly managementUrl: string;
  /** Url of ea sources; the enrolment is `EA_ENROLLMENT`. */
  readonly eaUrl: string;
  /** The host of the reports' blobs, where no token may ever be sent. */
  readonly blobUrl: string;
  /**
   * Variables for whoever asks it: a managed identity by plain HTTP, the EA key as SIMULATED_EA_KEY, no quotas. The
   * identity's library reads the process's own environment: put them there, too (`vi.stubEnv`), or into the child's.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly costDetails: SimulatedCostDetails;
  readonly blobs: SimulatedBlobs;
  readonly usageDetails: SimulatedUsageDetails;
  readonly ea: SimulatedEa;
  /** Puts faults into an API's queue: each request takes the next one. Builders are in faults.ts. */
  fault(api: SimulatedApi, ...faults: readonly (readonly Fault[])[]): void;
  /** How many faults of an API wait. */
  faultsLeft(api: SimulatedApi): number;
  /** Answers the requests that are held (`held()`) as ever. */
  letGo(): void;
  /** Refuses every token that was given out so far: as when they have run out. */
  revokeTokens(): void;
  /** How many seconds the service's clock is ahead of ours: in Date, in date-valued Retry-After, in links' ends. */
  setClockSkew(seconds: number): void;
  /** Every request so far, in order; of one API when it is named. */
  requests(api?: SimulatedApi): readonly SeenRequest[];
  /** What no client may do, such as sending a token to the blob host; empty when all is well. */
  readonly violations: readonly string[];
  stop(): Promise<void>;
};

/** Audiences that the management API takes tokens for. */
const AUDIENCES = [
  "https://management.azure.com",
  "https://management.core.windows.net",
  "https://management.chinacloudapi.cn",
  "https://management.usgovcloudapi.net",
];

/** Starts the simulator; it has no data. */
export async function startAzureSimulator(): Promise<AzureSimulator> {
  let skewSeconds = 0;
  const now = () => new Date(Date.now() + skewSeconds * 1000);
  const traffic: SimulatedTraffic = { faults: new Map(), seen: [], violations: [], held: new Set(), now };
  const identity = await startIdentity();
  const firstToken = identity.traffic.seen.length;
  const shelf = createBlobShelf(traffic.violations, now);
  const costDetails = createCostDetails(shelf, now);
  const usageDetails = createUsageDetails();
  const ea = createEa(now);

  const guarded = ({ headers }: SimulatedRequest, answer: () => SimulatedAnswer): SimulatedAnswer => {
    const problem = identity.book.problemOf(headers["authorization"], AUDIENCES);
    return problem === null
      ? answer()
      : refusal(401, "InvalidAuthenticationToken", problem, {
          "www-authenticate": 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"',
        });
  };
  const management = await startServer(traffic, (request) => {
    const { method, path } = request;
    const is = (pattern: RegExp) => pattern.test(path);
    const serve = (api: SimulatedApi, answer: () => SimulatedAnswer) => ({
      api,
      handle: () => guarded(request, answer),
    });
    if (method === "POST" && is(/\/generateCostDetailsReport$/i)) {
      return serve("cost-details", () => costDetails.begin(request, management.url));
    }
    if (method === "GET" && is(/\/costDetailsOperation(Results|Status)\/[^/]+$/i)) {
      return serve("operations", () => costDetails.look(request, management.url));
    }
    if (method === "GET" && is(/\/providers\/Microsoft\.Consumption\/usageDetails$/i)) {
      return serve("usage-details", () => usageDetails.answer(request, management.url));
    }
    if (method === "POST" && is(/\/providers\/Microsoft\.CostManagement\/query$/i)) {
      return serve("query", () => sumAnswer(request));
    }
    return {
      api: null,
      handle: () =>
        guarded(request, () => refusal(404, "InvalidResourceType", "The resource type could not be found.")),
    };
  });
  const blobs = await startServer(traffic, (request) => ({ api: "blobs", handle: () => shelf.answer(request) }));
  const enterprise = await startServer(traffic, (request) => ({
    api: "ea",
    handle: () => ea.answer(request, enterprise.url),
  }));
  shelf.setUrl(blobs.url);
  costDetails.setElsewhere(blobs.url);

  const queueOf = (api: SimulatedApi): Fault[] => {
    const { faults } = api === "tokens" ? identity.traffic : traffic;
    const queue = faults.get(api) ?? [];
    faults.set(api, queue);
    return queue;
  };
  const letGo = () => {
    for (const goOn of [...traffic.held, ...identity.traffic.held]) goOn();
    traffic.held.clear();
    identity.traffic.held.clear();
  };

  return {
    managementUrl: management.url,
    eaUrl: enterprise.url,
    blobUrl: blobs.url,
    environment: {
      IDENTITY_ENDPOINT: `${identity.url}/msi/token`,
      IDENTITY_HEADER,
      SIMULATED_EA_KEY: EA_KEY,
      BILLHOUSE_API_QUOTAS: "off",
    },
    costDetails,
    blobs: shelf,
    usageDetails,
    ea,
    fault: (api, ...faults) => void queueOf(api).push(...faults.flat()),
    faultsLeft: (api) => queueOf(api).length,
    letGo,
    revokeTokens: () => identity.book.revokeAll(),
    setClockSkew(seconds) {
      skewSeconds = seconds;
    },
    requests(api) {
      const all = [...identity.traffic.seen.slice(firstToken), ...traffic.seen].toSorted((a, b) => a.at - b.at);
      return api === undefined ? all : all.filter((request) => request.api === api);
    },
    violations: traffic.violations,
    async stop() {
      letGo();
      queueOf("tokens").length = 0;
      await Promise.all([management.stop(), blobs.stop(), enterprise.stop()]);
    },
  };
}
