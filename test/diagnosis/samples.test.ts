import { describe, expect, it } from "vitest";

import { type NdArray, chosenRows, fromNumbers, joinRows, rows } from "../../src/base/ndarray.ts";
import { key, permutation, uniform } from "../../src/base/random.ts";
import type { DataSplit, Dataset } from "../../src/data/index.ts";
import { grid25 } from "../../src/data/datasets/grid25.ts";
import { ring8 } from "../../src/data/datasets/ring8.ts";
import { diagnoseSamples } from "../../src/diagnosis/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import type { Features } from "../../src/trained/index.ts";

const engine = await nodeEngine({ device: "cpu" });

/** The symptoms found, each with what is said of it. */
async function found(samples: NdArray, data: DataSplit, features?: Features): Promise<Record<string, string>> {
  const { findings } = await diagnoseSamples(samples, data, engine, 1, features);
  return Object.fromEntries(findings.map(({ symptom, evidence }) => [symptom, evidence]));
}

/** So many held-out items of some classes or modes. */
function itemsOf(
  data: Dataset,
  of: readonly number[],
  count: number,
  kindOf: (item: number) => number,
): Promise<NdArray> {
  const own = [...permutation(key(3), data.size)].filter((item) => of.includes(kindOf(item)));
  expect(own.length).toBeGreaterThanOrEqual(count);
  return data.read(own.slice(0, count));
}

describe("samples of points", async () => {
  const data = grid25.generate();
  const modes = data.test.modes!;
  if (modes.kind !== "centers") throw new Error("grid25 declares centres");
  const items = await data.test.read(Array.from({ length: data.test.size }, (_, i) => i));
  const modeOf = (item: number): number => {
    const apart = Array.from({ length: 25 }, (_, m) =>
      Math.hypot(...[0, 1].map((j) => items.data[2 * item + j]! - modes.centers.data[2 * m + j]!)),
    );
    return apart.indexOf(Math.min(...apart));
  };
  const fifteen = Array.from({ length: 15 }, (_, m) => m);

  it("are healthy if they are real", async () => {
    expect(await found(await data.test.read(permutation(key(1), 2500)), data)).toEqual({});
  });

  it("miss ten modes, though 47 % of them lie anywhere between the modes", async () => {
    const wandering = uniform(key(2), [1175, 2]);
    const between = fromNumbers(
      Array.from(wandering.data, (value) => 10 * value - 5),
      [1175, 2],
    );
    const samples = joinRows<"float32">([
      (await itemsOf(data.test, fifteen, 1325, modeOf)) as NdArray<"float32">,
      between,
    ]);
    const { "partial-collapse": said, ...others } = await found(samples, data);
    expect(said).toMatch(/^53(\.\d)? % of samples are high-quality .*; 10 of 25 modes have less than 10 %/);
    expect(others).toEqual({});
  });

  it("miss modes where most lie nowhere, as long as enough are of high quality", async () => {
    const nowhere = fromNumbers(
      Array.from({ length: 3000 }, () => 20),
      [1500, 2],
    );
    const samples = joinRows<"float32">([
      (await itemsOf(data.test, fifteen, 1000, modeOf)) as NdArray<"float32">,
      nowhere,
    ]);
    expect(Object.keys(await found(samples, data))).toEqual(["partial-collapse", "low-fidelity"]);
  });

  it("are rejected if they are too few, or of another shape", async () => {
    await expect(found(rows(items, 0, 499), data)).rejects.toThrow(
      /^at least 500 samples are needed to check them against grid25, 20 for each of its 25 modes - got 499$/,
    );
    await expect(
      found(
        fromNumbers(
          Array.from({ length: 3000 }, () => 0),
          [1000, 3],
        ),
        ring8.generate(),
      ),
    ).rejects.toThrow(/^samples must have the shape of items of ring8, \[2\] - got \[3\]$/);
  });

  it("are identified as copies of training items, or as identical", async () => {
    const copies = await data.train.read(Array.from({ length: 2000 }, (_, i) => i));
    expect(Object.keys(await found(copies, data))).toEqual(["memorisation"]);
    const alike = chosenRows(
      copies,
      Array.from({ length: 2000 }, () => 7),
    );
    expect(Object.keys(await found(alike, data))).toEqual(["complete-collapse"]);
  });
});

describe("samples of images", async () => {
  const data = await openData("mnist", { limit: 8000 });
  const labels = data.test.labels!;
  const classOf = (item: number) => labels[item]!;
  const three = joinRows<"float32">([
    (await itemsOf(data.test, [0, 1, 2], 860, classOf)) as NdArray<"float32">,
    (await itemsOf(data.test, [3, 4, 5, 6, 7, 8, 9], 140, classOf)) as NdArray<"float32">,
  ]);
  const real = await data.test.read(permutation(key(1), data.test.size).slice(0, 1000));
  /** Means of 2 x 2 pixels. */
  const coarse: Features = {
    id: "coarse",
    resize: "none",
    of: ({ data: pixels, shape: [n] }) =>
      Promise.resolve(
        fromNumbers(
          Array.from({ length: n! * 196 }, (_, e) => {
            const at = Math.floor(e / 196) * 784 + 56 * Math.floor((e % 196) / 14) + 2 * (e % 14);
            return [0, 1, 28, 29].reduce((sum, step) => sum + pixels[at + step]! / 4, 0);
          }),
          [n!, 196],
        ),
      ),
  };

  it("are healthy where they are real, in pixels and in features", async () => {
    expect(await found(real, data)).toEqual({});
    expect(await found(real, data, coarse)).toEqual({});
  });

  it("are mostly of three classes, whatever clusters of pixels say", async () => {
    for (const features of [undefined, coarse]) {
      const { "partial-collapse": said, ...others } = await found(three, data, features);
      expect(said).toMatch(/of 10 classes .*the shares of samples differ from those of real items by 5\d(\.\d)? % in/);
      expect(others).toEqual({});
    }
  });

  it("are of three classes alone", async () => {
    const samples = await itemsOf(data.test, [0, 1, 2], 1000, classOf);
    const { "partial-collapse": said } = await found(samples, data);
    expect(said).toMatch(
      /; 7 of 10 classes have less than 10 % of their expected share: class 3, .* with 6\d(\.\d)? % of/,
    );
  });
});
