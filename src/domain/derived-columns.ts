/** A column that is told out of the others while a line is loaded. */
export type DerivedColumn = {
  readonly name: string;
  /** `text` of few distinct values or null, `number` or null, `words` that are never null, `map` of texts. */
  readonly kind: "text" | "number" | "words" | "map";
  readonly comment: string;
};

/**
 * Every column that the warehouse derives, in the order of the fact table; the expressions are those of its defaults
 * (migration `cost_entries_derived`) and, for speed, of what a load writes (`cost_entries_from_landing_told`).
 * `resource_name` and `resource_type` are columns of files that are completed.
 */
export const DERIVED_COLUMNS: readonly DerivedColumn[] = [
  derived(
    "tags_lower",
    "map",
    "Tags by their names in lower case: tags_lower['env'] is there for Env, ENV and env; of several the first one counts",
  ),
  derived("vm_size", "text", "Size of the virtual machine as its ARM name, such as Standard_D2s_v5"),
  derived("vm_family", "text", "Family of vm_size, such as D, E or NC"),
  derived("vm_series", "text", "Series of vm_size, such as Dsv5, Easv5 or NCsv3"),
  derived("vm_version", "text", "Version of vm_series, such as v5; null for a first one, which has none"),
  derived("vcpus", "number", "vCPUs of vm_size; where that is not known, those of the additional info or of the meter"),
  derived("vm_os", "text", "Windows or Linux, where the line says which"),
  derived("aks_cluster", "text", "Cluster of Azure Kubernetes Service that the node resource group is of"),
  derived("aks_pool", "text", "Node pool of Azure Kubernetes Service"),
  derived("storage_tier", "text", "Tier of the storage, such as Hot, Archive or Premium SSD"),
  derived("sql_sku", "text", "SKU of the SQL database, such as S0 or GP_Gen5"),
  derived(
    "malformed_json",
    "words",
    "Which of tags and additional_info cannot be read as JSON, tags first; their text is kept",
  ),
];

function derived(name: string, kind: DerivedColumn["kind"], comment: string): DerivedColumn {
  return { name, kind, comment };
}
