import type { Random } from "./random.ts";

const OWNERS = ["anna.größer@contoso.com", "ops, night shift", 'the "core" team', "開発部"] as const;

/** Tags as an EA file carries them: JSON members without the outer braces; empty when there are none. */
export function tagsOf(workload: string, stage: string, pool: string, random: Random): string {
  if (random.below(3) === 0) return "";
  const tags: Record<string, string> = {
    CostCenter: random.digits(4),
    env: stage,
    application: workload,
  };
  if (random.below(2) === 0) tags["owner"] = random.pick(OWNERS);
  if (random.below(3) === 0) tags[" Env"] = stage.toUpperCase();
  if (pool !== "") Object.assign(tags, nodeTags(pool, random));
  return Object.entries(tags)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(",");
}

/** Additional info of a resource: a JSON object in one of the spellings that Azure uses; empty for most services. */
export function additionalInfoOf(size: string, name: string, random: Random): string {
  if (size === "") return random.below(12) === 0 ? '{"ConsumptionMeter":null,"VCPUs":"0"}' : "";
  const cpus = Number(/\d+/.exec(size)?.[0] ?? 1);
  const info = {
    UsageType: random.below(3) === 0 ? "ComputeHR_Windows" : "ComputeHR",
    ImageType: random.pick(["Canonical", "Windows Server BYOL", ""]),
    ServiceType: size,
    VMName: `${name}_${random.below(9)}`,
    VMProperties: random.below(2) === 0 ? "Microsoft.AKS.Compute.AKS.Linux.Billing" : null,
    VCPUs: cpus,
    CPUs: 0,
  };
  const spelling = random.below(40);
  if (spelling === 0) return JSON.stringify(info, null, 2).replaceAll("\n", "\r\n");
  // Azure cuts some values off in the middle: no longer JSON, and still a line that costs money.
  if (spelling === 1) return JSON.stringify(info).slice(0, 90);
  return JSON.stringify(info);
}

function nodeTags(pool: string, random: Random): Record<string, string> {
  return {
    "aks-managed-createOperationID": random.guid(),
    "aks-managed-creationSource": `vmssclient-${pool}`,
    "aks-managed-orchestrator": "Kubernetes:1.31.8",
    "aks-managed-poolName": pool.split("-")[1] ?? "",
  };
}
