import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { coarseCoordinates, float32Step } from "../../src/base/point-scale.ts";
import { key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset, pointScaleOf, standardised, summarize } from "../../src/data/index.ts";
import { type ConfiguredModel, adagan, gan, pacgan, vae } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { warningsOf } from "../../src/cli/data-notices.ts";
import { evaluate } from "../../src/evaluation/index.ts";
import { emd } from "../../src/metrics/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { Run, planAgain, readDataRecord } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { train } from "../../src/train/index.ts";
import { runOnnx } from "../onnx-file.ts";

/** Points of size 1e8, a coordinate that is the same throughout, and a small one far from 0. */
const count = 40;
const drawn = normal(key(3), [count, 2]).data;
const rows = Array.from({ length: count }, (_, i) => [3e8 + 1e8 * drawn[2 * i]!, 5, 1e6 + drawn[2 * i + 1]! / 8]);

let folder: string;
let data: DataSplit;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-units-"));
  const path = join(folder, "points.csv");
  await writeFile(path, rows.map((row) => row.join(",")).join("\n"));
  data = await openData(path);
});
afterAll(() => rm(folder, { recursive: true }));

/** The same points standardised by hand, as a data set of known units. */
async function byHand(): Promise<DataSplit> {
  const scale = await pointScaleOf(data.train);
  const part = async (of: DataSplit["train"]) => {
    const items = await standardised(of, scale).read(Int32Array.from({ length: of.size }, (_, i) => i));
    return arrayDataset({ name: of.name, kind: "points", items });
  };
  return { train: await part(data.train), test: await part(data.test) };
}

async function run(recipe: ConfiguredModel, split: DataSplit) {
  const store = new MemoryStore();
  const engine = await nodeEngine({ device: "cpu" });
  const losses: unknown[] = [];
  for await (const event of train(recipe, split, { steps: 3, batch: 8 }, { engine, store })) {
    if (event.type === "step") losses.push(event.losses);
  }
  return { store, losses, opened: await openTrained(await Run.open(store), engine) };
}

describe("the scale of points", () => {
  it("consists of mean and deviation of each coordinate of the training items", async () => {
    const { mean, deviation } = (await pointScaleOf(data.train))!;
    const items = (await data.train.readDouble!(Int32Array.from({ length: data.train.size }, (_, i) => i))).data;
    const n = data.train.size;
    for (const column of [0, 1, 2]) {
      const own = Array.from({ length: n }, (_, i) => items[3 * i + column]!);
      const average = own.reduce((sum, x) => sum + x / n, 0);
      const spread = Math.sqrt(own.reduce((sum, x) => sum + (x - average) ** 2 / n, 0));
      expect(mean[column]).toBeCloseTo(average, 6);
      // Of a coordinate that does not change nothing is divided.
      if (column === 1) expect(deviation[1]).toBe(1);
      else expect(deviation[column]! / spread).toBeCloseTo(1, 9);
    }
  });

  it("preserves what float32 would lose of points far from 0", async () => {
    const given = (await standardised(data.train, await pointScaleOf(data.train)).read([0])).data;
    const { mean, deviation } = (await pointScaleOf(data.train))!;
    const own = (await data.train.readDouble!([0])).data;
    expect(given[2]).toBe(Math.fround((own[2]! - mean[2]!) / deviation[2]!));
    expect(given[1]).toBe(0);
  });

  it("is used for files only: built-in data and arrays keep their scale", async () => {
    expect((await openData("ring8")).train.pointScale).toBeUndefined();
    expect((await byHand()).train.pointScale).toBeUndefined();
  });
});

describe("points far from 0 and close to each other", () => {
  /** Seconds since 1970 within a minute, and degrees within some metres; and the same from 0. */
  const near = Array.from({ length: count }, (_, i) => [10 * drawn[2 * i]!, 1e-6 * drawn[2 * i + 1]!]);
  const far = near.map(([time, place]) => [1.7e9 + time!, 52.5 + place!]);
  const open = async (name: string, points: readonly (readonly number[])[]) => {
    await writeFile(join(folder, name), points.map((row) => row.join(",")).join("\n"));
    return openData(join(folder, name));
  };
  const spread = ({ data: values }: NdArray, column: number) => {
    const own = Array.from(values).filter((_, i) => i % 2 === column);
    const mean = own.reduce((sum, x) => sum + x / own.length, 0);
    return { mean, deviation: Math.sqrt(own.reduce((sum, x) => sum + (x - mean) ** 2 / own.length, 0)) };
  };

  it("are learned, sampled and measured as points near 0 are", async () => {
    const [there, here] = [await open("far.csv", far), await open("near.csv", near)];
    const [own, plain] = [await run(gan(), there), await run(gan(), here)];
    own.losses.forEach((loss, i) => {
      for (const [name, value] of Object.entries(loss as Record<string, number>)) {
        expect(value).toBeCloseTo((plain.losses[i] as Record<string, number>)[name]!, 3);
      }
    });
    const { mean } = (await pointScaleOf(there.train))!;
    const [samples, others] = [
      await own.opened.trained.sample(key(1), 200),
      await plain.opened.trained.sample(key(1), 200),
    ];
    expect(samples.dtype).toBe("float64");
    for (const [column, deviation] of [10, 1e-6].entries()) {
      const [a, b] = [spread(samples, column), spread(others, column)];
      expect(a.deviation / b.deviation).toBeCloseTo(1, 2);
      expect(Math.abs(a.mean - mean[column]!) / deviation).toBeLessThan(3);
    }
    const results = async ({ opened }: typeof own, split: DataSplit) =>
      (await evaluate(emd, opened.trained, split.train, "train", key(2))).value;
    expect((await results(own, there)) / (await results(plain, here))).toBeCloseTo(1, 2);
    await own.opened.close();
    await plain.opened.close();
  });

  it("are summarised in their units, and distinguished by fingerprints", async () => {
    const split = await open("far.csv", far);
    const { dimensions, duplicates } = await summarize(split.train);
    expect(duplicates).toEqual([]);
    expect(dimensions![0]!.deviation / (await pointScaleOf(split.train))!.deviation[0]!).toBeCloseTo(1, 9);
    expect(await warningsOf(split)).toEqual([
      expect.stringMatching(
        /^x1 has a standard deviation of .* around its mean, 1700000003\.05, where the spacing of float32 is 128: .*subtract 1700000000 from/,
      ),
      expect.stringMatching(/^x2 has a standard deviation of .* around its mean, 52\.500000098, .*subtract 52\.5 from/),
    ]);
    expect(await warningsOf(await open("near.csv", near))).toEqual([]);
    const tiny = near.map((point) => point.map((value) => value * 1e-50));
    expect(await warningsOf(await open("tiny.csv", tiny))).toEqual([
      expect.stringMatching(
        /^x1 .* the smallest spacing of float32 is 1\.401e-45: .*multiply the column by one number/,
      ),
      expect.stringMatching(/^x2 .*multiply the column by one number/),
    ]);
    expect(
      await warningsOf(
        await open(
          "same.csv",
          near.map(([time]) => [1.7e9, time!]),
        ),
      ),
    ).toEqual([]);
    const moved = far.map(([time, place]) => [time! + 1, place!]);
    expect((await open("moved.csv", moved)).train.fingerprint).not.toBe(split.train.fingerprint);
  });

  it("may be counts of microseconds", async () => {
    const { train: points } = await open(
      "micro.csv",
      near.map(([time, place]) => [1.7e15 + Math.round(10 * time!), place!]),
    );
    expect((await pointScaleOf(points))!.deviation[0]).toBeGreaterThan(50);
  });

  it("cause a warning if they were rounded to float32 before", async () => {
    const saved = async (name: string, values: readonly number[]) => {
      await writeFile(join(folder, name), encodeNpy(ndarray("float32", [values.length, 1], Float32Array.from(values))));
      return await warningsOf(await openData(join(folder, name)));
    };
    const few = [
      expect.stringMatching(
        /^x1 is near 1\.700e\+9, where float32 has steps of 128, and takes only one or a few values/,
      ),
    ];
    expect(
      await saved(
        "one.npy",
        near.map(([time]) => 1.7e9 + time!),
      ),
    ).toEqual(few);
    expect(
      await saved(
        "few.npy",
        near.map(([time]) => 1.7e9 + 20 * time!),
      ),
    ).toEqual(few);
    expect(
      await saved(
        "wide.npy",
        near.map(([time]) => 1.7e9 + 1e6 * time!),
      ),
    ).toEqual([]);
    expect(
      await saved(
        "five.npy",
        near.map(() => 5),
      ),
    ).toEqual([]);
  });

  it("have coordinates for which float32 is too coarse", async () => {
    expect(coarseCoordinates((await pointScaleOf(data.train))!)).toEqual([2]);
    expect(coarseCoordinates({ mean: [0, 1, 1.7e9, 5], deviation: [1e-9, 1e-3, 2e5, 1] })).toEqual([]);
    expect(coarseCoordinates({ mean: [1, 2 ** 24, 1.7e9], deviation: [1e-5, 100, 100] })).toEqual([0, 1, 2]);
    expect([1, 2 ** 24, -1.7e9].map(float32Step)).toEqual([2 ** -23, 2, 128]);
  });
});

describe("a model of points in their own units", () => {
  it("learns what it learns from standardised ones, and returns points, codes and files in the units of the data", async () => {
    const [own, hand] = [
      await run(vae({ latent: 2, likelihood: "gaussian" }), data),
      await run(vae({ latent: 2, likelihood: "gaussian" }), await byHand()),
    ];
    expect(own.losses).toEqual(hand.losses);
    const { mean, deviation } = (await pointScaleOf(data.train))!;
    expect(await readDataRecord(own.store)).toMatchObject({ scale: { mean, deviation } });
    const samples = await own.opened.trained.sample(key(1), 5);
    const plain = (await hand.opened.trained.sample(key(1), 5)).data;
    samples.data.forEach((value, i) => {
      const expected = plain[i]! * deviation[i % 3]! + mean[i % 3]!;
      expect(Math.abs(value - expected)).toBeLessThan(1e-5 * deviation[i % 3]! + 1e-6 * Math.abs(mean[i % 3]!));
    });
    const items = await data.test.read([0, 1]);
    const codes = (await own.opened.trained.encode(items)).data;
    const plainCodes = (await hand.opened.trained.encode(await (await byHand()).test.read([0, 1]))).data;
    // Of the third coordinate float32 keeps the eighth of a deviation.
    codes.forEach((code, i) => expect(Math.abs(code - plainCodes[i]!)).toBeLessThan(0.5));
    const z = normal(key(9), [4, 2]);
    const [made] = await runOnnx(await own.store.read("export/decoder.onnx"), { z });
    const inProcess = await own.opened.trained.decode(z);
    expect(Object.values(made!)[0]!.data[0]! / inProcess.data[0]!).toBeCloseTo(1, 5);
    expect(made!["point"]!.data[1]).toBeCloseTo(5, 0);
    await own.opened.close();
    await hand.opened.close();
  });

  it("resumes in its original units: a run of an earlier version, without a scale, in those of the data", async () => {
    const kept = await Run.open((await run(vae({ latent: 2, likelihood: "gaussian" }), data)).store);
    expect((await planAgain(kept, data, null, { engine: interpreter() })).model.scale).toEqual(
      await pointScaleOf(data.train),
    );
    const earlier = await planAgain(kept, data, {}, { engine: interpreter() });
    expect(earlier.model.scale).toBeUndefined();
    expect(await earlier.served.read([0])).toEqual(await data.train.read([0]));
  });

  it.each<[string, ConfiguredModel]>([
    ["gan", gan()],
    ["pacgan", pacgan()],
    ["adagan", adagan({ components: 2 })],
  ])("does not diverge, whatever the recipe: %s", async (_, recipe) => {
    const { losses, opened } = await run(recipe, data);
    for (const loss of losses)
      for (const value of Object.values(loss as object)) expect(Math.abs(value)).toBeLessThan(100);
    const samples = await opened.trained.sample(key(1), 50);
    const first = Array.from({ length: 50 }, (_, i) => samples.data[3 * i]!);
    expect(Math.min(...first)).toBeGreaterThan(-1e9);
    expect(Math.max(...first)).toBeGreaterThan(1e7);
    await opened.close();
  });
});
