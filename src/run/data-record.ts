import { z } from "zod";

import { DataError } from "../base/errors.ts";
import { countEntry, encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import type { Store } from "../base/store.ts";
import { type DataSplit, type Dataset, type SkippedFile, pointScaleOf, skippedIn } from "../data/index.ts";
import { listCheckpoints } from "./checkpoint.ts";
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

const file = "data.json";

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
  const known = await readFile(store);
  if (known !== null) return known;
  const record = describe(data);
  await store.write(file, encodeJson(record));
  return record;
}

async function readFile(store: Store): Promise<DataRecord | null> {
  if (!(await store.has(file))) return null;
  const hint = "remove the file: it is restored from a checkpoint";
  return parseRecord(dataRecord, parseJson(await store.read(file), file, hint), file, hint) as DataRecord;
}

/**
 * The record of data.json; where that is missing, what the newest checkpoint keeps of it. Null for a run that has saved
 * nothing yet. @throws RunError when the file is damaged.
 */
export async function readDataRecord(store: Store): Promise<DataRecord | null> {
  const record = await readFile(store);
  if (record !== null) return record;
  const kept = (await listCheckpoints(store)).at(-1)?.run?.["data"];
  return kept === undefined ? null : (parseRecord(dataRecord, kept, "checkpoint") as DataRecord);
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
