import { z } from "zod";

import { DataError, RunError } from "../base/errors.ts";
import { countEntry, encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import type { Store } from "../base/store.ts";
import { type DataSplit, type Dataset, type SkippedFile, skippedIn } from "../data/index.ts";
import { type Checkpoint, listCheckpoints } from "./checkpoint.ts";
import { classesOf } from "../step/labels.ts";

interface PartRecord {
  readonly size: number;
  readonly fingerprint: string;
}

/** The file data.json: the data that a run was trained on. Each checkpoint contains a copy. */
export interface DataRecord {
  readonly name: string;
  readonly kind: Dataset["kind"];
  /** Shape of one item: [h, w, c] or [d]. */
  readonly shape: Shape;
  /** Number of classes of the labels. */
  readonly classes?: number;
  /** For points in arbitrary units: the scale by which they were standardised. */
  readonly scale?: PointScale;
  /** Names of the classes, if the data have them. */
  readonly classNames?: readonly string[];
  readonly train: PartRecord;
  readonly test: PartRecord;
  readonly skipped: readonly SkippedFile[];
}

/** File of a run's data record. */
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

async function describe({ train, test }: DataSplit): Promise<DataRecord> {
  const part = ({ size, fingerprint }: Dataset): PartRecord => ({ size, fingerprint });
  const { name, kind, shape } = train;
  const classes = classesOf({ train, test });
  const scale = await train.pointScale?.();
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
 * Writes data.json unless it exists, and returns the record for checkpoints. It hashes all items, so this is delayed
 * until something is saved.
 */
export async function keepDataRecord(store: Store, data: DataSplit): Promise<DataRecord> {
  const known = await readDataRecord(store);
  const record = known ?? (await describe(data));
  if (!(await store.has(dataFile))) await store.write(dataFile, encodeJson(record));
  return record;
}

/** The data record of a run as read from its files. */
export interface FoundDataRecord {
  /** Null for a run that has not saved anything. */
  readonly record: DataRecord | null;
  /** What is wrong with data.json, if a checkpoint's copy is used in its place. */
  readonly damage: string | null;
}

/**
 * The record in data.json or, if that is missing or damaged, the copy in a checkpoint.
 * @param newest The newest checkpoint.
 * @throws RunError when the file is damaged and there is no copy, and when the copy differs.
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

/** The record of a run's data; null for a run that has not saved anything. @throws RunError as `findDataRecord`. */
export async function readDataRecord(store: Store): Promise<DataRecord | null> {
  return (await findDataRecord(store, (await listCheckpoints(store)).at(-1) ?? null)).record;
}

/** Rewrites data.json from the newest checkpoint if it is missing or damaged. */
export async function restoreDataRecord(store: Store, newest: Checkpoint | null): Promise<void> {
  const { record, damage } = await findDataRecord(store, newest);
  if (damage !== null && record !== null) await store.write(dataFile, encodeJson(record));
}

/**
 * The record of the run's data; null if it has not saved anything. @throws DataError when the data are not those that
 * it was trained on.
 */
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
