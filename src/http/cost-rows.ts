import { createHash } from "node:crypto";
import { z } from "zod";
import { PUBLICATION_CHANGES } from "../../clickhouse/cost-facts.ts";
import type { Statement } from "../../clickhouse/cost-facts.ts";
import type { CostSet } from "../../clickhouse/cost-relation.ts";
import { Count } from "../../clickhouse/query.ts";
import type { TrackingSet } from "../../clickhouse/tracking-set.ts";
import type { VisibleSet } from "../../clickhouse/visible-set.ts";
import { parseMoment } from "../domain/cost-window.ts";
import type { TimeWindow } from "../domain/cost-window.ts";
import { readCursor, writeCursor } from "./cost-cursor.ts";
import type { CostCursor } from "./cost-cursor.ts";
import type { HttpDependencies } from "./dependencies.ts";
import { HttpError } from "./errors.ts";
import type { AnswerOptions } from "./query-lane.ts";

/** Which rows of an answer. */
export type Page = { readonly time: TimeWindow; readonly limit: number | null; readonly offset: number };

/** A question whose answer is rows, in any format. */
export type RowsQuestion = {
  /** What a file of the answer is called. */
  readonly name: string;
  readonly time: TimeWindow;
  /** The moment as of which it is asked; null for now. */
  readonly asOf: string | null;
  readonly limit: number | null;
  readonly cursor: string | undefined;
  /** Everything that was asked, but which page of it. */
  readonly asked: object;
  /** The tracking targets that it speaks of; null where it has nothing to do with the rules. */
  readonly targets: readonly AskedTarget[] | null;
  readonly render: Render<Statement>;
  /** The columns of the rows that its facts are told from: `billing_currency` where rows have one, and the amounts. */
  readonly renderFacts: Render<Statement>;
  /** What has no figure in USD; null where nobody asked for USD. */
  readonly renderNotInUsd: Render<Statement | null>;
  readonly hasCurrency: boolean;
  /** The columns of amounts and quantities. */
  readonly amounts: readonly string[];
  /** The columns of tags and the like, which are JSON in a CSV. */
  readonly maps: readonly string[];
  /** The columns of ids that are no text. */
  readonly ids: readonly string[];
  /** The currency that all amounts are in, whatever the rows say. */
  readonly currency: "USD" | null;
};

/** A tracking target, and the parameter that names it. */
export type AskedTarget = { readonly parameter: string; readonly target: string };

/** Makes a statement; without an evaluation of the rules where the question has nothing to do with them. */
type Render<T> = (set: CostSet, page: Page, tracking: TrackingSet | null) => T;

/** Where an answer is read from, and what it says of that. */
export type Reading = {
  readonly set: CostSet;
  readonly tracking: TrackingSet | null;
  readonly page: Page;
  readonly publications: string;
  readonly moment: string;
  readonly cursor: CostCursor | undefined;
};

/** Who asks what, and until when. */
export type Asker = {
  readonly dependencies: HttpDependencies;
  readonly question: RowsQuestion;
  readonly options: AnswerOptions;
};

/** The cursor of a question; undefined on its first page. Throws InvalidParameterError for one that is not its own. */
export function cursorOf(question: RowsQuestion): CostCursor | undefined {
  return question.cursor === undefined ? undefined : readCursor(question.cursor, fingerprintOf(question));
}

/** What the answer is read from: the publications of now, of the moment that was asked for, or of the first page. */
export function readingOf(
  question: RowsQuestion,
  cursor: CostCursor | undefined,
  current: VisibleSet,
  tracking: TrackingSet | null,
): Reading {
  const page = { time: cursor?.time ?? question.time, limit: question.limit, offset: cursor?.offset ?? 0 };
  if (cursor !== undefined) {
    const { moment, publications } = cursor;
    return { set: { asOf: moment }, tracking, page, publications, moment, cursor };
  }
  const { asOf } = question;
  const now = parseMoment(current.moment);
  if (asOf === null || asOf >= now) {
    return { set: current, tracking, page, publications: current.id, moment: now, cursor };
  }
  const publications = `as-of-${asOf.replaceAll(/\D/g, "")}`;
  return { set: { asOf }, tracking, page, publications, moment: asOf, cursor };
}

/** The next page shows the publications as of the moment of this one. */
export async function nextCursor(asker: Asker, reading: Reading, offset: number): Promise<string> {
  const { moment, publications, page, cursor, tracking } = reading;
  const changes = cursor?.changes ?? (await countChanges(asker, moment));
  return writeCursor({
    moment,
    publications,
    changes,
    offset,
    time: page.time,
    question: fingerprintOf(asker.question),
    tracking: tracking?.id ?? null,
  });
}

/**
 * Throws HttpError where a publication turned up that was written before the moment of the cursor, and seen after it, or
 * where resources have other rules since.
 */
export async function requireUnmoved(asker: Asker, { cursor, tracking }: Reading): Promise<void> {
  if (cursor === undefined) return;
  if (cursor.tracking !== (tracking?.id ?? null)) throw trackingMoved();
  if ((await countChanges(asker, cursor.moment)) === cursor.changes) return;
  throw moved("publications_moved", "what its first page was answered from was not whole.");
}

/** Refuses a cursor of a list that was begun before another evaluation of the rules. */
export function trackingMoved(): HttpError {
  return moved("tracking_moved", "the tracking rules were evaluated anew since its first page.");
}

function moved(code: string, reason: string): HttpError {
  const message = `cursor: ${reason} Begin again without it.`;
  return new HttpError(409, code, message, { details: { parameter: "cursor" } });
}

async function countChanges({ dependencies, options }: Asker, moment: string): Promise<number> {
  const rows = await dependencies.queries.rows({ sql: PUBLICATION_CHANGES, parameters: { moment } }, options);
  return z.tuple([z.object({ changes: Count })]).parse(rows)[0].changes;
}

function fingerprintOf({ name, asked }: RowsQuestion): string {
  return createHash("sha256")
    .update(JSON.stringify([name, asked]))
    .digest("base64url")
    .slice(0, 22);
}
