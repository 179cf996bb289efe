import { readFileSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DataError } from "../../src/base/errors.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { decodeSafetensors } from "../../src/codec/safetensors.ts";
import {
  type DataSplit,
  type SkippedFile,
  arrayDataset,
  idxDatasets,
  npyDataset,
  npyFileDataset,
  summarize,
} from "../../src/data/index.ts";
import { key, normal } from "../../src/base/random.ts";
import { classifier, vae } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { decodeCsvPoints } from "../../src/node/csv-points.ts";
import { readImages } from "../../src/node/images.ts";
import { openParquet } from "../../src/node/parquet-file.ts";
import { ParquetReader } from "../../src/node/parquet-reader.ts";
import { Run, readDataRecord } from "../../src/run/index.ts";
import { OnnxFeatures, openTrained } from "../../src/trained/index.ts";
import { train } from "../../src/train/index.ts";

/** A kind of file: valid ones, and how one is read to the end. */
export interface Format {
  readonly name: string;
  open(): Promise<Opened>;
}

export interface Opened {
  readonly seeds: readonly Uint8Array[];
  read(bytes: Uint8Array, input: number): Promise<void>;
  close?(): Promise<void>;
}

const fixtures = join(import.meta.dirname, "..", "fixtures");

/** Small files of a folder of fixtures. */
function filesIn(folder: string, ending: string, most: number = 8192): Uint8Array[] {
  const at = join(fixtures, folder);
  return readdirSync(at)
    .filter((file) => file.endsWith(ending) && statSync(join(at, file)).size <= most)
    .toSorted()
    .map((file) => readFileSync(join(at, file)));
}

const npy: Format = {
  name: "npy",
  open: async () => ({
    seeds: filesIn("npy", ".npy"),
    read: async (bytes, input) => {
      if (input % 2 === 0) await summarize(npyDataset(bytes, "x.npy"));
      else await summarize(await npyFileDataset(inMemory(bytes), "x.npy"));
    },
  }),
};

function inMemory(bytes: Uint8Array) {
  return {
    length: bytes.length,
    read: async (from: number, into: Uint8Array) => into.set(bytes.subarray(from, from + into.length)),
    digest: () => "0",
  };
}

const safetensors: Format = {
  name: "safetensors",
  open: async () => ({
    seeds: [readFileSync(join(fixtures, "all.safetensors"))],
    read: async (bytes) => void decodeSafetensors(bytes, "x.safetensors"),
  }),
};

const tables = [
  "x,y\n1,2\n3,4.5\n-1e3,6\n",
  "sep=;\r\nx;y\r\n1;2\r\n3;4\r\n",
  '"a ""b""","c"\n"1",2\n3,"4"\n',
  "1\t2\t\n3\t4\t\n",
  "x\r1\n2\r\n3",
];

const csv: Format = {
  name: "csv",
  open: async () => ({
    seeds: [...tables.map((text) => Buffer.from(text)), Buffer.from(`\ufeff${tables[0]}`, "utf16le")],
    read: async (bytes) => void (await decodeCsvPoints(bytes, "x.csv")),
  }),
};

function idxFile(code: number, size: number, shape: readonly number[]): Uint8Array {
  const extents = Buffer.alloc(4 * shape.length);
  shape.forEach((extent, axis) => extents.writeUInt32BE(extent, 4 * axis));
  const count = shape.reduce((product, extent) => product * extent, size);
  return Buffer.concat([Uint8Array.of(0, 0, code, shape.length), extents, Buffer.alloc(count, 0x3e)]);
}

const idx: Format = {
  name: "idx",
  open: async () => ({
    seeds: [idxFile(0x08, 1, [4, 3, 2]), idxFile(0x08, 1, [4]), idxFile(0x0c, 4, [4]), idxFile(0x0d, 4, [4, 2, 2])],
    read: async (bytes, input) => {
      const good = idxFile(0x08, 1, [4, 3, 2]);
      const [images, labels] = input % 2 === 0 ? [bytes, idxFile(0x08, 1, [4])] : [good, bytes];
      idxDatasets([{ name: "x", images: { file: "x", bytes: images }, labels: { file: "y", bytes: labels } }]);
    },
  }),
};

const parquet: Format = {
  name: "parquet",
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), "zaya-fuzz-"));
    const path = join(folder, "x.parquet");
    const reader = new ParquetReader(5, true);
    return {
      seeds: filesIn("parquet", ".parquet"),
      read: async (bytes) => {
        await writeFile(path, bytes);
        await openParquet(path, {}, reader);
      },
      close: async () => {
        await reader.end();
        await rm(folder, { recursive: true });
      },
    };
  },
};

const images: Format = {
  name: "images",
  open: async () => ({
    seeds: filesIn("images", "", 4096),
    // Of a folder, what cannot be read is named and passed over.
    read: async (bytes) => {
      const skipped: SkippedFile[] = [];
      await readImages("x", [{ file: "x", bytes: async () => bytes }], 1, { size: 8 }, skipped);
      if (skipped.length > 0) throw new DataError(skipped[0]!.reason);
    },
  }),
};

/** A data set of a few points, which a run trains on in a moment. */
function points(): DataSplit {
  const part = (seed: number) =>
    arrayDataset({
      name: "x",
      kind: "points",
      items: normal(key(seed), [12, 2]),
      labels: Int32Array.from({ length: 12 }, (_, i) => i % 2),
    });
  return { train: part(1), test: part(2) };
}

const runFiles: Format = {
  name: "run",
  open: async () => {
    const engine = await nodeEngine({ device: "cpu" });
    const store = new MemoryStore();
    const recipe = vae({ latent: 1, likelihood: "gaussian", hidden: [4] });
    for await (const event of train(recipe, points(), { steps: 2, batch: 4 }, { engine, store })) void event;
    const names = (await store.list("")).filter((name) => !name.startsWith("export/") && !/\.(png|html)$/.test(name));
    const files = await Promise.all(names.map(async (name) => ({ name, bytes: await store.read(name) })));
    return {
      seeds: files.map(({ bytes }) => bytes),
      read: async (bytes, input) => {
        const changed = new MemoryStore();
        for (const file of files) await changed.write(file.name, file.bytes);
        await changed.write(files[input % files.length]!.name, bytes);
        const run = await Run.open(changed);
        await run.metrics();
        await readDataRecord(changed);
        if (input % 4 === 0) await (await openTrained(run, engine)).close();
      },
    };
  },
};

const onnx: Format = {
  name: "onnx",
  open: async () => {
    const engine = await nodeEngine({ device: "cpu" });
    const store = new MemoryStore();
    const recipe = classifier({ arch: "mlp", hidden: [4], features: 3 });
    for await (const event of train(recipe, points(), { steps: 2, batch: 4 }, { engine, store })) void event;
    return {
      seeds: [await store.read("export/classifier.onnx"), ...filesIn("onnx", ".onnx")],
      read: async (bytes) => {
        const net = await OnnxFeatures.open({ name: "x.onnx", bytes }, { device: "cpu", threads: 1 });
        try {
          await net.of(normal(key(1), [3, 2]));
        } finally {
          await net.close();
        }
      },
    };
  },
};

export const formats: readonly Format[] = [npy, safetensors, csv, idx, parquet, images, runFiles, onnx];
