import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { ring8 } from "../../src/data/datasets/ring8.ts";
import { gan } from "../../src/models/index.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { Run, buildModel, infoOf } from "../../src/run/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";
import { RunHistory } from "../../src/diagnosis/run-history.ts";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { symptoms } from "../../src/diagnosis/index.ts";
import { SymptomMonitor } from "../../src/diagnosis/symptom-monitor.ts";
import { evidence } from "./evidence.ts";

const data = ring8.generate();
const dead = { latent: 2, hidden: [32], ema: 0, initialBias: -9 };
const options = { learningRate: 1e-3, steps: 300, sampleEvery: 50, checkpointEvery: 250 };

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const told = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === "warning" ? [[event.symptom, event.step]] : []));

describe("the monitor of symptoms", () => {
  const { setup } = evidence({ model: gan(dead).options });
  const history = async (): Promise<RunHistory> =>
    new RunHistory(setup.config, buildModel(gan(dead), await infoOf(data)), data, []);

  it("reports a symptom once, and not before the symptom's warm-up", async () => {
    const record = await history();
    const watch = new SymptomMonitor(record, 5000, []);
    const told: [string, number][] = [];
    for (let step = 100; step <= 5000; step += 100) {
      record.add({ name: "dead/generator/layer1", step, value: 1 });
      record.add({ name: "elbo/klPerLatent/0", step, value: 0 });
      told.push(...(await watch.check(step)).map(({ symptom }): [string, number] => [symptom, step]));
    }
    expect(told).toEqual([
      ["dead-units", 300],
      ["posterior-collapse", 1000],
    ]);
    expect(watch.warnings.map(({ symptom, step }) => [symptom, step])).toEqual(told);
  });

  it("does not repeat warnings of earlier sessions", async () => {
    const [first, second] = [await history(), await history()];
    const warnings = [{ step: 500, symptom: "dead-units", evidence: "", hint: "" }];
    const [fresh, informed] = [new SymptomMonitor(first, 5000, []), new SymptomMonitor(second, 5000, warnings)];
    for (const record of [first, second]) {
      for (const step of [700, 800, 900]) record.add({ name: "dead/generator/layer1", step, value: 1 });
    }
    expect(await fresh.check(900)).toHaveLength(1);
    expect(await informed.check(900)).toEqual([]);
  });

  it("reports nothing in the first 200 steps, whatever the numbers", async () => {
    const record = await history();
    for (const step of [10, 20, 30, 199]) record.add({ name: "dead/generator/layer1", step, value: 1 });
    expect(await new SymptomMonitor(record, 300, []).check(199)).toEqual([]);
    expect(diagnose(await record.evidence(199, null), await record.setup()).unknown).toHaveLength(symptoms.length);
    expect(diagnose(await record.evidence(200, null), await record.setup()).findings).toMatchObject([
      { symptom: "dead-units" },
    ]);
  });
});

describe("warnings of a run", () => {
  it("are events, recorded in the run and its result; resuming neither repeats nor loses any", async () => {
    const engine = await nodeEngine({ device: "cpu" });
    const whole = new MemoryStore();
    const events = await collect(train(gan(dead), data, options, { engine, store: whole }));
    expect(told(events)).toEqual([
      ["complete-collapse", 200],
      ["dead-units", 200],
    ]);
    const { warnings } = (await Run.open(whole)).state;
    expect(warnings!.map(({ symptom, step }) => [symptom, step])).toEqual(told(events));
    expect(warnings![1]!.evidence).toContain("100 % ± 0 % of the units of generator/layer1");
    expect(warnings![1]!.hint).toMatch(/^try --initial-bias 0: /);
    const done = events.find((event) => event.type === "done")!;
    expect(done.result.warnings).toEqual(warnings);

    const broken = new MemoryStore();
    const stop = new AbortController();
    const before: TrainEvent[] = [];
    for await (const event of train(gan(dead), data, options, { engine, store: broken, signal: stop.signal })) {
      before.push(event);
      if (event.type === "step" && event.step === 230) stop.abort();
    }
    expect(told(before)).toEqual(told(events));
    expect(before.find((event) => event.type === "interrupted")).toMatchObject({ warnings });
    const after = await collect(resume(await Run.open(broken), data, { engine }));
    expect(told(after)).toEqual([]);
    expect((await Run.open(broken)).state.warnings).toEqual(warnings);
    const report = new TextDecoder().decode(await broken.read("report.html"));
    expect(report).toContain("complete-collapse");
    expect(report).toContain("--initial-bias 0");
  });
});
