import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset, ring8, splitOff, take } from "../../src/data/index.ts";
import type { Symptom } from "../../src/diagnosis/index.ts";
import { readEvaluations } from "../../src/evaluation/index.ts";
import { type Metric, defineMetric, elbo, fid } from "../../src/metrics/index.ts";
import { gan, vae, z } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { reportAgain } from "../../src/report/index.ts";
import { Run } from "../../src/run/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { readJson, resultOf, root, workFolder, zaya } from "../cli/zaya.ts";

// Metrics and symptoms of a person's own, those of docs/your-own-model.md among them.

let folder: string;
let remove: () => Promise<void>;
let lightShare: Metric;
let movingAway: Symptom;
beforeAll(async () => {
  ({ folder, remove } = await workFolder());
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "zaya"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const docs = await readFile(join(root, "docs", "your-own-model.md"), "utf8");
  const imported = async (file: string): Promise<unknown> => {
    const block = docs.split("```js\n").find((code) => code.startsWith(`// ${file}\n`))!;
    await writeFile(join(folder, file), block.split("```")[0]!);
    return ((await import(pathToFileURL(join(folder, file)).href)) as { default: unknown }).default;
  };
  lightShare = (await imported("light-share.js")) as Metric;
  movingAway = (await imported("moving-away.js")) as Symptom;
});
afterAll(() => remove());

/** Images of which a quarter of the pixels are light. */
const images = splitOff(
  arrayDataset({
    name: "greys",
    kind: "image",
    items: ndarray(
      "float32",
      [80, 8, 8, 1],
      uniform(key(1), [80, 8, 8, 1]).data.map((value) => (value < 0.25 ? 0.9 : 0.1)),
    ),
  }),
);
const plane: DataSplit = { train: take(ring8.generate().train, 500), test: take(ring8.generate().test, 500) };

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const text = async (store: MemoryStore, name: string): Promise<string> =>
  new TextDecoder().decode(await store.read(name));

/** A metric that training follows a run by, as it needs what the bound does. */
const meanKl = defineMetric({
  name: "mean-kl",
  summary: "KL of a latent, in the mean",
  source: "-",
  perfect: "-",
  better: null,
  needs: "bound",
  options: z.object({}),
  measure: ({ klPerLatent: { data, shape } }) => ({
    metric: "mean-kl",
    value: Array.from(data).reduce((sum, kl) => sum + kl, 0) / data.length,
    stderr: Number.NaN,
    n: shape[0]!,
    unit: "nats",
    details: {},
  }),
});

/** A symptom of runs that were followed by that metric on held-out and on training items, each by itself. */
const followed: Symptom = {
  name: "followed",
  summary: "the run has values of mean-kl",
  needs: "a value of mean-kl",
  warmUp: 0,
  check: ({ series }) => {
    const names = [...series.keys()].filter((name) => name.includes("mean-kl"));
    const measured = { evidence: names.join(), values: { series: names.length } };
    if (names.length !== 2) return { present: false, ...measured };
    return { present: true, ...measured, change: () => ({ flag: "--batch 8", reason: "none" }) };
  },
};

describe("custom metrics and symptoms", () => {
  it("are measured, recorded, reported and warned about; and the run is reopened with and without them", async () => {
    const [store, engine] = [new MemoryStore(), await nodeEngine()];
    const own = { metrics: [lightShare, meanKl as unknown as Metric], symptoms: [followed] };
    const options = { steps: 220, batch: 8, evalEvery: 50, logEvery: 50 };
    const model = vae({ latent: 2, hidden: [8] });
    const stop = new AbortController();
    for await (const event of train(model, images, options, { engine, store, signal: stop.signal, ...own })) {
      if (event.type === "step" && event.step === 120) stop.abort();
    }
    const events = await collect(resume(await Run.open(store), images, { engine, ...own }));
    const done = events.find((event) => event.type === "done")!.result;
    expect(Object.keys(done.test)).toEqual(expect.arrayContaining(["elbo", "mean-kl", "light-share"]));
    expect(done.refused).toEqual([]);
    // Real items stand in for samples.
    expect(done.test["light-share"]!.floor).toBeCloseTo(0.25, 1);
    expect(done.warnings.map(({ symptom }) => symptom)).toContain("followed");
    // Of held-out items as of training items, apart from each other.
    const lines = (await (await Run.open(store)).metrics()).filter(({ name }) => name === "mean-kl");
    expect(lines.map(({ step, split }) => [step, split])).toEqual(
      [50, 100, 150, 200, 220].flatMap((step) => [
        [step, "test"],
        [step, "train"],
      ]),
    );
    const { results, leftOut } = await readEvaluations(store);
    expect(results.map(({ metric }) => metric).toSorted()).toEqual(["elbo", "light-share", "mean-kl"]);
    expect(leftOut).toEqual([]);
    for (const again of [own, {}]) {
      expect((await reportAgain(await Run.open(store), images, engine, again)).leftOut).toEqual([]);
      const report = await text(store, "report.html");
      for (const name of ["light-share", "mean-kl"]) expect(report).toContain(name);
      expect(report.includes("the run has values of mean-kl")).toBe(again === own);
    }
  });

  it("are rejected by name if they do not fit the model, without affecting others", async () => {
    const [store, engine] = [new MemoryStore(), await nodeEngine()];
    const settings = { engine, store, metrics: [lightShare], symptoms: [movingAway] };
    const events = await collect(train(gan({ latent: 2, hidden: [8] }), plane, { steps: 220, batch: 16 }, settings));
    const { test, refused, warnings } = events.find((event) => event.type === "done")!.result;
    expect(refused).toEqual([{ label: "light-share", reason: expect.stringContaining("needs images - got points") }]);
    expect(test["emd"]!.value).toBeGreaterThan(0);
    const report = await text(store, "report.html");
    expect(report.includes("moving-away") || warnings.some(({ symptom }) => symptom === "moving-away")).toBe(true);
  });

  it("must have names that differ from zaya's and from each other", async () => {
    const engine = await nodeEngine();
    const model = vae({ latent: 2, hidden: [8] });
    const begin = (own: object): Promise<unknown> => train(model, images, { steps: 2 }, { engine, ...own }).next();
    const mine = { ...lightShare, name: "fid" };
    for (const metrics of [[mine], [lightShare, lightShare], [elbo as unknown as Metric], [fid as unknown as Metric]]) {
      await expect(begin({ metrics })).rejects.toThrow(OptionError);
    }
    await expect(begin({ symptoms: [{ ...movingAway, name: "dead-units" }] })).rejects.toThrow(
      "a custom symptom must have a name that no other symptom has - got dead-units",
    );
  });

  it("are loaded by the command line from their files", async () => {
    await zaya(
      folder,
      "train",
      "gan",
      "--data",
      "ring8",
      "--limit",
      "600",
      "--steps",
      "220",
      "--hidden",
      "8",
      "--batch",
      "16",
      "--out",
      "run",
    );
    const found = resultOf(await zaya(folder, "diagnose", "run", "--symptom", "moving-away.js", "--json"));
    const told = [...found.findings, ...found.absent].map(({ symptom }: { symptom: string }) => symptom);
    expect(told).toContain("moving-away");
    const refused = await zaya(folder, "eval", "run", "--metric", "light-share.js", "--metric", "emd");
    expect([refused.code, refused.stdout]).toEqual([2, expect.stringContaining("light-share: needs images")]);
    await writeFile(join(folder, "none.js"), "export const x = 1;\n");
    const none = await zaya(folder, "eval", "run", "--metric", "none.js");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("must export a metric")]);
    expect((await readJson(folder, "run", "run.json")).status).toBe("done");
  }, 120_000);
});
