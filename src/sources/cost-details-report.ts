import { z } from "zod";
import { ApiError } from "../domain/errors.ts";
import { withoutSecrets } from "./azure-failure.ts";

/** What Azure says of a report. The links of its blobs hold signatures. */
export type Report = z.infer<typeof Report>;

const Blob = z.object({ blobLink: z.url(), byteCount: z.number().int().nonnegative().nullish() });

const Report = z.object({
  id: z.string().nullish(),
  name: z.string().nullish(),
  status: z.string().nullish(),
  manifest: z
    .object({
      dataFormat: z.string().nullish(),
      blobCount: z.number().int().nullish(),
      compressData: z.boolean().nullish(),
      blobs: z.array(Blob).nullish(),
    })
    .nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});

/** One blob of a report. Holds a signature: pass it to the download and nowhere else. */
export type ReportBlob = {
  readonly link: string;
  /** Its stored bytes; null where nothing certain is said. */
  readonly byteCount: number | null;
};

/** Reads what Azure says of a report; `place` begins the message of the ApiError that it throws. */
export function parseReport(text: string, place: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unreadableReport(place, "is not JSON"); // the parser's own message quotes the text
  }
  const parsed = Report.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadableReport(place, `has another form: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is wrong"}`);
}

/** The blobs of a finished report. Throws ApiError when the report contradicts itself or is not CSV. */
export function blobsOf({ manifest }: Report, place: string): ReportBlob[] {
  if (!manifest) throw unreadableReport(place, "has no manifest");
  const { dataFormat, blobCount, compressData, blobs } = manifest;
  if (dataFormat && dataFormat.toLowerCase() !== "csv") throw unreadableReport(place, `is ${dataFormat}, not CSV`);
  const listed = blobs ?? [];
  if (typeof blobCount === "number" && blobCount !== listed.length) {
    throw unreadableReport(place, `announces ${blobCount} blobs and lists ${listed.length}`);
  }
  return listed.map(({ blobLink, byteCount }) => ({
    link: blobLink,
    // Of compressed blobs the documents do not say which bytes are counted.
    byteCount: compressData === true ? null : (byteCount ?? null),
  }));
}

/** What Azure says of why it could not make a report, in brackets; empty where it says nothing. */
export function reasonOf({ error }: Report): string {
  const said = [error?.code, error?.message].filter(Boolean).join(": ");
  return said === "" ? "" : ` (${withoutSecrets(said).slice(0, 500)})`;
}

/** A report that cannot be used, as an error. */
export function unreadableReport(place: string, problem: string): ApiError {
  return new ApiError(`${place}: the report ${problem}: try again, then tell Microsoft's support`);
}
