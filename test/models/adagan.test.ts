import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { RunError } from "../../src/base/errors.ts";
import { type NdArray, fromNumbers, ndarray } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/codec/safetensors.ts";
import { Sha256 } from "../../src/base/sha256.ts";
import { type DataSplit, arrayDataset, splitOff } from "../../src/data/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { input } from "../../src/graph/tensor.ts";
import { adagan } from "../../src/models/index.ts";
import { boostingWeights } from "../../src/models/adagan.ts";
import { add, mul, slice } from "../../src/ops/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { Run } from "../../src/run/index.ts";
import { drawNoise, openTrained } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { scheduleStages } from "../../src/step/stages.ts";
import { chiSquare, chiSquareLimit } from "../chi-square.ts";
import { runOnnx } from "../onnx-file.ts";
import "../tolerance.ts";
import { OpenScope, asNet } from "./open-scope.ts";

/** The logits of a perfect classifier, where the mixture is `ratio` times as dense as the data. */
const logits = (ratios: readonly number[]) => Float64Array.from(ratios, (ratio) => -Math.log(ratio));

/**
 * The weights of the component that brings a mixture nearest to the data in KL(data || mixture), by the EM algorithm: each
 * item is worth as much to the new component as the part of it that it explains.
 */
function weightsByEm(ratios: readonly number[], beta: number): number[] {
  const n = ratios.length;
  let weights = ratios.map(() => 1 / n);
  for (let round = 0; round < 20_000; round++) {
    const explained = weights.map((weight, i) => (beta * weight) / (((1 - beta) * ratios[i]!) / n + beta * weight));
    const total = explained.reduce((sum, part) => sum + part, 0);
    weights = explained.map((part) => part / total);
  }
  return weights;
}

describe("boostingWeights", () => {
  const anyScores = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 40 });
  const anyBeta = fc.double({ min: 0.01, max: 0.99, noNaN: true });

  it("form a distribution", () => {
    fc.assert(
      fc.property(anyScores, anyBeta, (scores, beta) => {
        const weights = boostingWeights(Float64Array.from(scores), beta);
        expect(weights.every((weight) => weight >= 0)).toBe(true);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  it.each([
    [[0.2, 0.4, 0.9, 1.1, 1.3, 2.1], 0.5],
    [[0.2, 0.4, 0.9, 1.1, 1.3, 2.1], 0.1],
    [[0.01, 0.02, 0.3, 0.5, 2.5, 2.67], 0.25],
    [[1, 1, 1, 1, 1, 1], 0.5],
    [[0.01, 5.99, 0.01, 0.01, 0.01, 0.01], 1 / 3],
  ])("solve the component's optimisation problem for ratios %s and beta %s", (ratios, beta) => {
    expect(boostingWeights(logits(ratios), beta)).toBeAllclose(weightsByEm(ratios, beta), { relative: 1e-5 });
  });

  it("are uniform if the mixture generates none of the data, or all of it equally", () => {
    const everywhere = Float64Array.of(...Array.from({ length: 5 }, () => Infinity));
    expect([...boostingWeights(everywhere, 0.5)]).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
    expect(boostingWeights(new Float64Array(5), 0.5)).toBeAllclose([0.2, 0.2, 0.2, 0.2, 0.2], { relative: 1e-12 });
  });

  it("exclude a mode that the mixture covers, and share the rest among the others", () => {
    const scores = Float64Array.of(8, -6, 8, -6, 8, -6, 8, -6);
    const weights = boostingWeights(scores, 0.25);
    expect([...weights]).toEqual([1, 0, 1, 0, 1, 0, 1, 0].map((part) => expect.closeTo(part / 4, 12) as number));
    expect(weights[1]).toBe(0);
  });
});

const points = { kind: "points", shape: [1] } as const;

describe.each([
  ["uniform", [1, 1, 1, 1]],
  [0.3, [0.7 ** 3, 0.3 * 0.7 ** 2, 0.3 * 0.7, 0.3]],
] as const)("a mixture grown with boost %s", (boost, shares) => {
  const { definition, options } = adagan({ components: 4, latent: 1, hidden: [2], boost });
  const model = definition.build(options, points);
  /** Each component makes 10 times its number, and a little of its noise. */
  const generators = Object.fromEntries(
    [1, 2, 3, 4].map((i) => [`generator${i}`, asNet((z) => add(mul(z, 0.01), 10 * i))]),
  );
  const draws = 10_000;
  const codes = normal(key(5), [draws, 2]);
  const componentsOf = ({ data }: NdArray) => Array.from(data, (item) => Math.round(item / 10));
  const countsOf = (components: readonly number[]) =>
    [1, 2, 3, 4].map((i) => components.filter((component) => component === i).length);

  it("samples each component in proportion to its weight, by the last number of the code", () => {
    const z = input("z", [draws, 2]);
    const { point } = model.maps.generator!.outputs({ z }, new OpenScope(generators));
    const [drawn] = evaluate([point!], { z: codes });
    const components = componentsOf(drawn!);
    const statistic = chiSquare(countsOf(components), shares);
    expect(statistic).toBeLessThan(chiSquareLimit(3));
    // Each item is its component's alone, made of its own noise.
    components.forEach((component, i) =>
      expect(drawn!.data[i]).toBeCloseTo(10 * component + 0.01 * codes.data[2 * i]!, 5),
    );
    const place = (i: number) => codes.data[2 * i + 1]!;
    const ends = [1, 2, 3].map((component) => {
      const own = components.flatMap((other, i) => (other <= component ? [place(i)] : []));
      const later = components.flatMap((other, i) => (other > component ? [place(i)] : []));
      return Math.max(...own) <= Math.min(...later);
    });
    expect(ends).toEqual([true, true, true]);
  });

  it("is distinguished from the data before a component is added: its earlier components in their proportions", () => {
    const step = model.steps.find(({ name }) => name === "classifier4")!;
    const seen: ReturnType<typeof input>[] = [];
    const scope = new OpenScope({ ...generators, classifier4: asNet((x) => (seen.push(x), slice(x, 1, 0, 1))) });
    const n = draws / 2;
    step.loss(input("batch", [n, 1]), scope);
    const [both] = evaluate(seen, {
      batch: ndarray("float32", [n, 1], new Float32Array(n)),
      z: ndarray("float32", [n, 2], codes.data.subarray(0, 2 * n)),
    });
    const generated = componentsOf({ ...both!, data: both!.data.subarray(n) as never });
    const counts = countsOf(generated);
    expect(counts[3]).toBe(0);
    expect(chiSquare(counts.slice(0, 3), shares.slice(0, 3))).toBeLessThan(chiSquareLimit(2));
  });
});

describe("training in stages", () => {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const configured = adagan({ components: 3, latent: 2, hidden: [6], ema: 0.5 });
  const settings = { steps: 17, batch: 8, learningRate: 1e-2, checkpointEvery: 100, keep: 100, seed: 3 };
  const stages = scheduleStages(configured.definition.build(configured.options, { kind: "points", shape: [2] }), 17);
  let data: DataSplit;
  let whole: MemoryStore;

  async function finish(events: AsyncIterable<TrainEvent>): Promise<void> {
    for await (const _ of events);
  }

  async function checkpointOf(store: MemoryStore): Promise<Uint8Array[]> {
    const files = ["params", "optimizer"].map((file) => store.read(`checkpoints/000017/${file}.safetensors`));
    return Promise.all(files);
  }

  beforeAll(async () => {
    const items = fromNumbers(
      normal(key(1), [200, 2]).data.map((value, i) => value * 0.1 + (i % 4 < 2 ? 1 : -1)),
      [200, 2],
    );
    data = splitOff(arrayDataset({ name: "two", kind: "points", items }));
    whole = new MemoryStore();
    await finish(train(configured, data, settings, { engine, store: whole }));
  });
  afterAll(() => whole.remove("checkpoints"));

  it("has five stages here, and can be interrupted in each", () => {
    expect(stages.map(({ first, end }) => [first, end])).toEqual([
      [0, 5],
      [5, 6],
      [6, 11],
      [11, 12],
      [12, 17],
    ]);
  });

  it.each([2, 5, 6, 9, 11, 12, 14])("ends with the same bytes after an interruption at step %s", async (stopAt) => {
    const store = new MemoryStore();
    const stop = new AbortController();
    for await (const event of train(configured, data, settings, { engine, store, signal: stop.signal })) {
      if (event.type === "step" && event.step === stopAt) stop.abort();
    }
    const run = await Run.open(store);
    expect(run.state).toMatchObject({ status: "interrupted", step: stopAt });
    await finish(resume(run, data, { engine }));
    expect(await checkpointOf(store)).toEqual(await checkpointOf(whole));
  });

  it("trains each net in its own stages only", async () => {
    const store = new MemoryStore();
    await finish(train(configured, data, { ...settings, checkpointEvery: 1 }, { engine, store }));
    const paramsAt = async (step: number) => {
      const name = `checkpoints/${String(step).padStart(6, "0")}/params.safetensors`;
      return decodeSafetensors(await store.read(name), name).tensors;
    };
    const nets = ["generator1", "classifier2", "generator2", "classifier3", "generator3"];
    for (const { first, end } of stages.slice(1)) {
      const [before, after] = [await paramsAt(first), await paramsAt(end)];
      const moved = nets
        .filter((net) => before[`${net}.0.weight`] !== undefined || before[`${net}.1.weight`] !== undefined)
        .filter((net) =>
          Object.keys(before).some(
            (name) =>
              name.startsWith(`${net}.`) && before[name]!.data.some((value, i) => value !== after[name]!.data[i]),
          ),
        );
      expect(moved).toEqual([nets[stages.findIndex((stage) => stage.first === first)]]);
    }
  });

  it("exports one file that generates the items of the run", async () => {
    const { trained, close } = await openTrained(await Run.open(whole), engine);
    const noise = drawNoise(trained.generator, key(8), 600);
    const drawn = await trained.sample(key(8), 600);
    await close();
    const [fromFile] = await runOnnx(await whole.read("export/generator.onnx"), { z: noise });
    expect(fromFile!.point).toBeAllclose(drawn, { relative: 1e-5 });
  });

  it.each([
    ["params.safetensors", "generator2.", "lacks generator2.0.weight"],
    ["params.safetensors", "classifier3.", "lacks classifier3.1.weight"],
    ["optimizer.safetensors", "generator3.ema.", "lacks generator3.ema.generator3.0.weight"],
  ])("rejects a checkpoint whose %s is without %s", async (file, prefix, message) => {
    const folder = "checkpoints/000017";
    const store = new MemoryStore();
    for (const name of await whole.list("")) await store.write(name, await whole.read(name));
    const { tensors } = decodeSafetensors(await store.read(`${folder}/${file}`), file);
    const kept = Object.entries(tensors).filter(([name]) => !name.startsWith(prefix));
    expect(kept.length).toBeLessThan(Object.keys(tensors).length);
    const bytes = encodeSafetensors(Object.fromEntries(kept));
    await store.write(`${folder}/${file}`, bytes);
    const state = JSON.parse(new TextDecoder().decode(await store.read(`${folder}/state.json`))) as {
      sha256: Record<string, string>;
      bytes: Record<string, number>;
      digest?: string;
    };
    state.sha256[file] = new Sha256().update(bytes).hex();
    state.bytes[file] = bytes.length;
    delete state.digest;
    await store.write(`${folder}/state.json`, new TextEncoder().encode(JSON.stringify(state)));
    const opened = openTrained(await Run.open(store), engine);
    await expect(opened).rejects.toThrow(RunError);
    await expect(opened).rejects.toThrow(message);
  });
});
