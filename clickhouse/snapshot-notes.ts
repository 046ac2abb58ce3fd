import type { Warehouse } from "./client.ts";

/** Notes something of a snapshot, in place of what was noted before. */
export async function saveSnapshotNote(warehouse: Warehouse, snapshotId: string, note: string): Promise<void> {
  await warehouse.insert("snapshot_notes", [{ snapshot_id: snapshotId, note }]);
}
