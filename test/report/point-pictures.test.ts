import { describe, expect, it } from "vitest";

import { type NdArray, fromNumbers } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type Dataset, arrayDataset } from "../../src/data/index.ts";
import type { Model } from "../../src/models/index.ts";
import { gan } from "../../src/models/index.ts";
import { nodeEngine, openData } from "../../src/node/index.ts";
import { add, div, mul, reshape, slice, sub } from "../../src/ops/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { TrainedModel } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { modeSamples, recordedModes } from "../../src/evaluation/mode-record.ts";
import {
  frameOf,
  keepReals,
  planeOf,
  pointsCaption,
  readReals,
  realsPicture,
  samplesPicture,
} from "../../src/report/point-pictures.ts";
import { stripsOf } from "../../src/report/run-curves.ts";

/** Draws z itself; the score of a point is its second coordinate. */
function handMade(boundary: NonNullable<Model["discriminator"]>["boundary"]): TrainedModel {
  const model: Model = {
    nets: {},
    steps: [],
    maps: {
      generator: { inputs: { z: [2] }, outputs: ({ z }) => ({ samples: mul(z!, 1) }) },
      discriminator: { inputs: { x: [2] }, outputs: ({ x }) => ({ score: slice(x!, 1, 1, 2) }) },
    },
    generator: { map: "generator", input: "z", output: "samples", noise: "normal", shape: [2] },
    discriminator: { map: "discriminator", input: "x", output: "score", boundary },
  };
  const engine = interpreter();
  return new TrainedModel(model, {}, engine, engine.createState({}), { step: 0, steps: 1 });
}

const square = fromNumbers([0, 0, 4, 0, 0, 4, 4, 4], [4, 2]);
const nothing = fromNumbers([1, 1], [1, 2]);

/** Rows of one column of a picture that are as dark as lines are. */
function darkRows({ data, shape }: NdArray<"uint8">): number[] {
  const [height, width] = shape as [number, number];
  const column = Math.floor(width / 2) + 20;
  return Array.from({ length: height }, (_, row) => row).filter((row) => data[3 * (row * width + column)]! < 110);
}

/** Where the line of the field lies, in the data's numbers; the frame of the square is [-0.8, 4.8]. */
async function heightOfLine(trained: TrainedModel, generated = nothing): Promise<number> {
  const frame = darkRows(realsPicture(square));
  const [top, bottom] = [frame[0]!, frame.find((row, i) => row > frame[0]! + i)!];
  const line = darkRows(await samplesPicture(trained, square, generated)).filter((row) => !frame.includes(row));
  expect(line.length).toBeGreaterThan(0);
  expect(line.length).toBeLessThan(4);
  const middle = line.reduce((sum, row) => sum + row / line.length, 0);
  return 4.8 - (5.6 * (middle - top - 0.5)) / (bottom - top - 1);
}

describe("pictures of points", () => {
  it("show the discriminator's boundary where its score is on it", async () => {
    for (const score of [0.7, 3]) expect(await heightOfLine(handMade({ score, margin: 1 }))).toBeCloseTo(score, 1);
  });

  it("have a critic's line midway between its means on real and on generated points", async () => {
    const generated = fromNumbers([1, 0.5, 0.2, 1.5], [2, 2]);
    expect(await heightOfLine(handMade(null), generated)).toBeCloseTo((2 + 1) / 2, 1);
  });

  it("evaluate a discriminator of packs at a position among real points, and say so", async () => {
    const model: Model = {
      ...handMade(null).model,
      maps: {
        // How much higher the first point of a pack lies than the others do.
        discriminator: {
          inputs: { x: [3, 2] },
          outputs: ({ x }) => {
            const heights = [0, 1, 2].map((place) =>
              slice(reshape(x!, [x!.shape[0]!, 6]), 1, 2 * place + 1, 2 * place + 2),
            );
            return { score: sub(heights[0]!, div(add(heights[1]!, heights[2]!), 2)) };
          },
        },
      },
      discriminator: {
        map: "discriminator",
        input: "x",
        output: "score",
        boundary: { score: 0.5, margin: 1 },
        packing: 3,
      },
    };
    const engine = interpreter();
    const trained = new TrainedModel(model, {}, engine, engine.createState({}), { step: 0, steps: 1 });
    // The points of the square are on average at height 2.
    expect(await heightOfLine(trained)).toBeCloseTo(2.5, 1);
    expect(pointsCaption(model, [2])).toContain(
      "here each point is packed with 2 real points, averaged over 16 choices",
    );
    expect(pointsCaption(handMade(null).model, [2])).not.toContain("packs");
  });

  it("show no field in other than two dimensions, and say what is drawn", async () => {
    const { model } = handMade(null);
    expect(pointsCaption(model, [2])).toMatch(/ground.* line is midway/);
    expect(pointsCaption(model, [5])).toContain("Only the first two of 5 coordinates are shown.");
    expect(pointsCaption(model, [5])).not.toContain("ground");
    expect(pointsCaption(model, [1])).toContain("The vertical axis is the index of the sample.");
    expect(Array.from(planeOf(fromNumbers([1, 2, 3, 4, 5, 6], [2, 3])).data)).toEqual([1, 2, 4, 5]);
    expect(Array.from(planeOf(fromNumbers([7, 8], [2, 1])).data)).toEqual([7, 0.25, 8, 0.75]);
    expect(() => planeOf(fromNumbers([1, 2]))).toThrow("planeOf: points must be [n, d] - got [2]");
  });

  it("have the range of the real points with a margin, with equal scales if the axes are alike", () => {
    const near = (range: readonly number[], from: number, to: number) => {
      expect(range[0]).toBeCloseTo(from, 5);
      expect(range[1]).toBeCloseTo(to, 5);
    };
    const { x, y } = frameOf(fromNumbers([0, 0, 4, 2], [2, 2]));
    near(x, -0.8, 4.8);
    near(y, -1.8, 3.8);
    const uneven = frameOf(fromNumbers([0, 0, 4, 1000], [2, 2]));
    near(uneven.x, -0.8, 4.8);
    near(uneven.y, -200, 1200);
    for (const [from, to] of Object.values(frameOf(fromNumbers([5, 0], [1, 2])))) expect(to).toBeGreaterThan(from);
  });

  it("show the same real points for every run, saved with it", async () => {
    const data = arrayDataset({ name: "points", kind: "points", items: normal(key(1), [3000, 2]) });
    const [a, b] = [new MemoryStore(), new MemoryStore()];
    const kept = await keepReals(a, data);
    await keepReals(b, data);
    expect(kept.shape).toEqual([1000, 2]);
    expect(await readReals(a)).toEqual(await readReals(b));
    expect((await readReals(a)).data).toEqual(kept.data);
  });
});

const modes: Dataset["modes"] = {
  kind: "centers",
  centers: fromNumbers([0, 0, 50, 0, 3, 0], [3, 2]),
  deviation: 0.4,
  within: 2.5,
};
const withModes = {
  ...arrayDataset({ name: "three", kind: "points", items: normal(key(1), [10, 2]) }),
  modes,
} as Dataset;

describe("shares of modes", () => {
  it("are those of a standard normal in closed form", async () => {
    const found = await recordedModes(handMade(null), withModes, key(5));
    // A disk of radius 1 around the mean: 1 - exp(-1 / 2); around (3, 0) little; around (50, 0) nothing.
    const central = 1 - Math.exp(-0.5);
    const deviation = Math.sqrt((central * (1 - central)) / modeSamples);
    expect(Math.abs(found["modes/share/0"]! - central)).toBeLessThan(4 * deviation);
    expect(found["modes/share/1"]).toBe(0);
    expect(found["modes/share/2"]).toBeGreaterThan(0);
    expect(found["modes/captured"]).toBe(2);
    expect(found["modes/highQuality"]).toBeCloseTo(found["modes/share/0"]! + found["modes/share/2"]!, 12);
    expect(await recordedModes(handMade(null), withModes, key(5))).toEqual(found);
  });

  it("are not computed for data without modes", async () => {
    const { modes: _, ...plain } = withModes;
    expect(await recordedModes(handMade(null), plain as Dataset, key(5))).toEqual({});
  });

  it("become a strip with one row per mode, labelled by its position, and one column per step", () => {
    const line = (step: number, mode: number, value: number | null) =>
      ({ step, images: 0, seconds: 0, split: "test", name: `modes/share/${mode}`, value }) as const;
    const lines = [0, 100].flatMap((step) => [0, 1, 2].map((mode) => line(step, mode, (step / 100 + mode) / 10)));
    const [strip] = stripsOf(lines, withModes);
    expect(strip).toMatchObject({ steps: [0, 100], full: 1 / 3 });
    expect(strip!.rows).toEqual([
      { label: "0 (0, 0)", values: [0, 0.1] },
      { label: "1 (50, 0)", values: [0.1, 0.2] },
      { label: "2 (3, 0)", values: [0.2, 0.3] },
    ]);
    expect(stripsOf([], withModes)).toEqual([]);
  });
});

describe("a run on ring8", () => {
  const options = { steps: 6, batch: 16, sampleEvery: 2, checkpointEvery: 2, seed: 3 };
  const small = gan({ hidden: [8], latent: 2 });

  async function linesOf(store: MemoryStore): Promise<string[]> {
    const lines = await (await Run.open(store)).metrics();
    return lines
      .filter(({ name }) => name.startsWith("modes/"))
      .map(({ step, name, value }) => `${step} ${name} ${value}`);
  }

  async function finish(events: AsyncGenerator<TrainEvent, void>, stop?: AbortController): Promise<void> {
    for await (const event of events) if (event.type === "step" && event.step === 3) stop?.abort();
  }

  it("has regular snapshots and shares of eight modes, the same after an interruption", async () => {
    const [data, engine] = [await openData("ring8"), await nodeEngine()];
    const [whole, stopped] = [new MemoryStore(), new MemoryStore()];
    await finish(train(small, data, options, { engine, store: whole }));
    const stop = new AbortController();
    await finish(train(small, data, options, { engine, store: stopped, signal: stop.signal }), stop);
    await finish(resume(await Run.open(stopped), data, { engine }));
    const lines = await linesOf(whole);
    expect(lines).toHaveLength(4 * (8 + 3));
    expect(new Set(lines.map((line) => line.split(" ")[0]))).toEqual(new Set(["0", "2", "4", "6"]));
    expect(await linesOf(stopped)).toEqual(lines);
    for (const name of ["samples/reals.png", "samples/000000.png", "samples/000006.png", "pictures/points.png"]) {
      expect(await stopped.read(name)).toEqual(await whole.read(name));
    }
    // Killed when all steps were saved and the end was not: it is made again, once.
    const run = await Run.open(whole);
    await run.record({ status: "running" });
    await finish(resume(run, data, { engine }));
    expect(await linesOf(whole)).toEqual(lines);
    const page = new TextDecoder().decode(await whole.read("report.html"));
    for (const text of ["Fraction of samples by mode", "3 (−0.71, 0.71)", "Real and generated", "modes/captured"]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain("modes/share");
  });
});
