import * as z from "zod";

/** The size of libuv's pool in the process of the warehouse; it has to be set before the process starts. */
export const THREADS = 128;

const WarehouseOptions = z.object({
  dataDir: z.string(),
  host: z.string(),
  /** 0 takes a free one. */
  port: z.int(),
  /** Of the user that people and tools log in as; undefined when only Billhouse itself comes. */
  login: z.object({ username: z.string(), password: z.string() }).optional(),
  maxMemoryBytes: z.int().positive(),
});

/** What the process of the warehouse is told when it starts. */
export type WarehouseOptions = z.infer<typeof WarehouseOptions>;

export function parseWarehouseOptions(json: string): WarehouseOptions {
  return WarehouseOptions.parse(JSON.parse(json));
}
