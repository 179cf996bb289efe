import { z } from "zod";

import { DataError, RunError } from "../base/errors.ts";
import { countEntry, encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import type { Store } from "../base/store.ts";
import { type DataSplit, type Dataset, type SkippedFile, pointScaleOf, skippedIn } from "../data/index.ts";
import { type Checkpoint, listCheckpoints } from "./checkpoint.ts";
import { classesOf } from "../step/labels.ts";

interface PartRecord {
  readonly size: number;
  readonly fingerprint: string;
}

/** The file data.json: which data a run was trained on. Whoever has a checkpoint has it too. */
export interface DataRecord {
  readonly name: string;
  readonly kind: Dataset["kind"];
  /** Of one item: [h, w, c] or [d]. */
  readonly shape: Shape;
  /** How many classes the labels of the items name. */
  readonly classes?: number;
  /** Of points in units of their own: what they were standardised by. */
  readonly scale?: PointScale;
  /** What they are called, where the data tell it. */
  readonly classNames?: readonly string[];
  readonly train: PartRecord;
  readonly test: PartRecord;
  readonly skipped: readonly SkippedFile[];
}

/** Of a run. */
export const dataFile = "data.json";

const partRecord = z.object(
  { size: countEntry, fingerprint: textEntry },
  { error: "must hold the number of items and their fingerprint" },
);
const dataRecord = z.object({
  name: textEntry,
  kind: z.enum(["image", "points", "pair"], { error: "must be image, points or pair" }),
  shape: z
    .array(countEntry, { error: "must be the shape of an item" })
    .min(1, { error: "must be the shape of an item" }),
  classes: countEntry.optional(),
  scale: z
    .object(
      { mean: z.array(z.number()).readonly(), deviation: z.array(z.number().positive()).readonly() },
      { error: "must be the mean and standard deviation of each coordinate" },
    )
    .optional(),
  classNames: z.array(textEntry, { error: "must be the class names" }).optional(),
  train: partRecord,
  test: partRecord,
  skipped: z.array(z.object({ file: textEntry, reason: textEntry }), { error: "must be files with reasons" }),
});

function describe({ train, test }: DataSplit): DataRecord {
  const part = ({ size, fingerprint }: Dataset): PartRecord => ({ size, fingerprint });
  const { name, kind, shape } = train;
  const classes = classesOf({ train, test });
  const scale = pointScaleOf(train);
  return {
    name,
    kind,
    shape,
    ...(classes !== undefined && { classes }),
    ...(scale && { scale }),
    ...(train.classNames !== undefined && { classNames: train.classNames }),
    train: part(train),
    test: part(test),
    skipped: skippedIn({ train, test }),
  };
}

/**
 * Writes data.json unless it is there, and returns what a checkpoint keeps of it. It takes a hash over all items, so it is
 * left until something is saved.
 */
export async function keepDataRecord(store: Store, data: DataSplit): Promise<DataRecord> {
  const known = await readDataRecord(store);
  const record = known ?? describe(data);
  if (!(await store.has(dataFile))) await store.write(dataFile, encodeJson(record));
  return record;
}

/** What is known of the data of a run. */
export interface FoundDataRecord {
  /** Null for a run that has saved nothing yet. */
  readonly record: DataRecord | null;
  /** What is wrong with data.json, where a checkpoint stands in for it. */
  readonly damage: string | null;
}

/**
 * The record of data.json; where that is missing or damaged, what a checkpoint keeps of it.
 * @param newest The newest checkpoint.
 * @throws RunError when the file is damaged and nothing stands in, and when the checkpoint keeps another record.
 */
export async function findDataRecord(store: Store, newest: Checkpoint | null): Promise<FoundDataRecord> {
  const raw = newest?.run?.["data"];
  const kept = raw === undefined ? null : parseDataRecord(raw, "checkpoint");
  if (!(await store.has(dataFile))) {
    return { record: kept, damage: kept === null ? null : `${dataFile} is missing` };
  }
  let found: DataRecord;
  try {
    const hint = "remove the file: it is written again when something is saved";
    found = parseDataRecord(parseJson(await store.read(dataFile), dataFile, hint), dataFile, hint);
  } catch (error) {
    if (!(error instanceof RunError) || kept === null) throw error;
    return { record: kept, damage: error.message };
  }
  if (kept === null || JSON.stringify(kept) === JSON.stringify(found)) return { record: found, damage: null };
  throw new RunError(
    `${dataFile}: must describe the data of this run, ${described(kept)} - got ${described(found)}`,
    "is it the file of another run? restore this run's file, or delete it and resume: it is restored from a checkpoint",
  );
}

function parseDataRecord(raw: unknown, where: string, hint?: string): DataRecord {
  return parseRecord(dataRecord, raw, where, hint) as DataRecord;
}

function described({ name, train, test }: DataRecord): string {
  return `${name} (${train.size} training and ${test.size} test items, fingerprint ${train.fingerprint})`;
}

/** The record of a run's data; null for a run that has saved nothing yet. @throws RunError as `findDataRecord`. */
export async function readDataRecord(store: Store): Promise<DataRecord | null> {
  return (await findDataRecord(store, (await listCheckpoints(store)).at(-1) ?? null)).record;
}

/** Writes data.json where it is missing or damaged, as the newest checkpoint keeps it. */
export async function restoreDataRecord(store: Store, newest: Checkpoint | null): Promise<void> {
  const { record, damage } = await findDataRecord(store, newest);
  if (damage !== null && record !== null) await store.write(dataFile, encodeJson(record));
}

/** The run's record of its data; null where it has saved nothing. @throws DataError when these are not the data that it was trained on. */
export async function requireSameData(store: Store, data: DataSplit): Promise<DataRecord | null> {
  const known = await readDataRecord(store);
  if (known === null) return null;
  for (const part of ["train", "test"] as const) {
    const { size, fingerprint } = data[part];
    if (fingerprint === known[part].fingerprint) continue;
    throw new DataError(
      `${data[part].name}: the ${part} items must be those of the run, ${known[part].size} with fingerprint ${known[part].fingerprint} - got ${size} with ${fingerprint}`,
      "the data have changed since: restore the files, or train a new run",
    );
  }
  return known;
}
