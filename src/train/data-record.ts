import { DataError, RunError } from "../base/errors.ts";
import type { Shape } from "../base/ndarray.ts";
import type { Store } from "../base/store.ts";
import { type DataSplit, type Dataset, type SkippedFile, skippedIn } from "../data/index.ts";
import { classesOf } from "./labels.ts";

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
  /** What they are called, where the data tell it. */
  readonly classNames?: readonly string[];
  readonly train: PartRecord;
  readonly test: PartRecord;
  readonly skipped: readonly SkippedFile[];
}

const file = "data.json";

function describe({ train, test }: DataSplit): DataRecord {
  const part = ({ size, fingerprint }: Dataset): PartRecord => ({ size, fingerprint });
  const { name, kind, shape } = train;
  const classes = classesOf({ train, test });
  return {
    name,
    kind,
    shape,
    ...(classes !== undefined && { classes }),
    ...(train.classNames !== undefined && { classNames: train.classNames }),
    train: part(train),
    test: part(test),
    skipped: skippedIn({ train, test }),
  };
}

/** Writes data.json unless it is there. It takes a hash over all items, so it is left until something is saved. */
export async function keepDataRecord(store: Store, data: DataSplit): Promise<void> {
  if (await store.has(file)) return;
  await store.write(file, new TextEncoder().encode(`${JSON.stringify(describe(data), null, 2)}\n`));
}

/** Null for a run that has saved nothing yet. @throws RunError when the file is damaged. */
export async function readDataRecord(store: Store): Promise<DataRecord | null> {
  if (!(await store.has(file))) return null;
  const text = new TextDecoder().decode(await store.read(file));
  try {
    const record = JSON.parse(text) as DataRecord;
    const whole = [record.train.fingerprint, record.test.fingerprint, record.name].every(
      (entry) => typeof entry === "string",
    );
    if (whole && Array.isArray(record.shape)) return record;
  } catch {
    // Told below.
  }
  throw new RunError(`${file}: must say which data the run was trained on - got ${JSON.stringify(text.slice(0, 40))}`);
}

/** @throws DataError when these are not the data that the run was trained on. */
export async function requireSameData(store: Store, data: DataSplit): Promise<void> {
  const known = await readDataRecord(store);
  if (known === null) return;
  for (const part of ["train", "test"] as const) {
    const { size, fingerprint } = data[part];
    if (fingerprint === known[part].fingerprint) continue;
    throw new DataError(
      `${data[part].name}: the ${part} items must be those that the run was trained on, ${known[part].size} with fingerprint ${known[part].fingerprint} - got ${size} with ${fingerprint}`,
      "the data have changed since: bring the files back as they were, or train a new run",
    );
  }
}
