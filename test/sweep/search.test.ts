import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { fold, key, normal, uniform } from "../../src/base/random.ts";
import { monteCarlo } from "../../src/numeric/monte-carlo.ts";
import type { RunConfig } from "../../src/run/index.ts";
import {
  SweepLog,
  SweepState,
  type Trainer,
  methods,
  parseSweepFile,
  rungsOf,
  runSweep,
  tableOf,
} from "../../src/sweep/index.ts";
import { importances } from "../../src/sweep/importance.ts";
import { choiceShares, parzen } from "../../src/sweep/methods/parzen.ts";
import type { TrialResolver } from "../../src/sweep/resolve.ts";
import type { Assignment, Space } from "../../src/sweep/space.ts";

const method = (name: string) => methods.find((known) => known.name === name)!;
const range = (name: string, min: number, max: number, log = false): Space[number] => ({
  name,
  section: "train",
  option: name,
  domain: { kind: "range", min, max, log, whole: false },
});

describe("the Parzen estimator", () => {
  const sum = (f: (x: number) => number, n = 20_000) =>
    Array.from({ length: n }, (_, i) => f((i + 0.5) / n)).reduce((a, b) => a + b, 0) / n;

  it.each([[[]], [[0.5]], [[0, 1]], [[0.1, 0.11, 0.12, 0.9]]])("is a density: %j", (observed) => {
    // Without the factor 1 / sqrt(2 pi) that all densities share.
    expect(sum((x) => Math.exp(parzen(observed).logDensity(x))) / Math.sqrt(2 * Math.PI)).toBeCloseTo(1, 4);
  });

  it("samples from its density", () => {
    const estimate = parzen([0.2, 0.25, 0.7]);
    const draws = Array.from({ length: 4000 }, (_, i) => estimate.draw(fold(key(1), i)));
    const below = sum((x) => (x < 0.3 ? Math.exp(estimate.logDensity(x)) : 0)) / Math.sqrt(2 * Math.PI);
    const share = draws.filter((x) => x < 0.3).length / draws.length;
    expect(Math.abs(share - below)).toBeLessThan(5 * Math.sqrt((below * (1 - below)) / draws.length));
  });

  it("counts choices once more than they occurred", () => {
    expect(choiceShares(3, [0, 0, 2])).toEqual([3 / 6, 1 / 6, 2 / 6]);
  });
});

/** The smallest value that a method finds of a function in so many configurations. */
function search(name: string, space: Space, f: (at: Assignment) => number, count: number, seed: number): number {
  const known: { parameters: Assignment; value: number }[] = [];
  for (let number = 0; number < count; number++) {
    const parameters = method(name).propose({ space, number, key: fold(key(seed), number), known })!;
    known.push({ parameters, value: f(parameters) });
  }
  return Math.min(...known.map(({ value }) => value));
}

describe("tpe", () => {
  /** Minimum 0.397887 at three points. @source Dixon, Szego, "The global optimization problem", 1978. */
  const branin = ({ x, y }: Assignment): number => {
    const [a, b] = [x as number, y as number];
    const inner = b - (5.1 * a * a) / (4 * Math.PI ** 2) + (5 * a) / Math.PI - 6;
    return inner * inner + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
  };
  /** A bowl in the logarithms of four rates. */
  const bowl = (at: Assignment): number =>
    Object.values(at).reduce((sum: number, value, i) => sum + (Math.log10(value as number) + 1 + i) ** 2, 0);
  const rates: Space = ["a", "b", "c", "d"].map((name) => range(name, 1e-6, 1, true));

  it.each<[string, Space, (at: Assignment) => number]>([
    ["Branin's function", [range("x", -5, 10), range("y", 0, 15)], branin],
    ["a bowl in four logarithms", rates, bowl],
  ])("finds smaller values of %s than random draws, over 20 seeds", (_, of, f) => {
    const gains = Array.from(
      { length: 20 },
      (__, seed) => search("random", of, f, 60, seed) - search("tpe", of, f, 60, seed),
    );
    const { mean, stderr } = monteCarlo(gains);
    expect(mean / stderr).toBeGreaterThan(3);
    expect(gains.filter((gain) => gain > 0).length).toBeGreaterThanOrEqual(15);
  });
});

/** Runs a sweep whose trials are not trained: their value after some steps is a function. */
async function simulate(
  raw: object,
  steps: number,
  slots: number,
  value: (at: Assignment, seed: number, step: number) => number | null,
) {
  const file = parseSweepFile({ recipe: "vae", data: "x", metric: { name: "elbo" }, ...raw }, "s.yaml");
  const space = Object.keys(file.parameters).map((name): Space[number] => {
    const { values, min, max } = file.parameters[name] as { values?: number[]; min?: number; max?: number };
    return values === undefined
      ? range(name, min!, max!)
      : { name, section: "model", option: name, domain: { kind: "choice", values } };
  });
  const state = new SweepState(file, space, rungsOf(file, steps));
  const record = { name: "s", file, folder: "/", started: "", steps, versions: {} };
  const store = new MemoryStore();
  const log = await SweepLog.create(store, record);
  const resolver = {
    resolve: async (parameters: Assignment, seed: number) => ({
      id: `${JSON.stringify(parameters)}${seed}`,
      config: { parameters, train: { steps } } as unknown as RunConfig,
    }),
  } as unknown as TrialResolver;
  const reached = new Map<string, number>();
  let [trained, atOnce, most] = [0, 0, 0];
  const trainer: Trainer = {
    slots: () => slots,
    onMoreSlots: () => undefined,
    progress: () => null,
    train: async ({ trial, until }) => {
      most = Math.max(most, ++atOnce);
      const step = until ?? steps;
      trained += step - (reached.get(trial.id) ?? 0);
      reached.set(trial.id, step);
      const { parameters } = trial.config as unknown as { parameters: Assignment };
      // Trials do not end in the order in which they begin.
      for (let i = 0; i < 20 * uniform(fold(key(4), trial.id, step), [1]).data[0]!; i++) await Promise.resolve();
      atOnce--;
      const found = value(parameters, trial.seed, step);
      const about = { step, seconds: 1 };
      return found === null
        ? { status: "diverged", ...about, reason: "not finite" }
        : { status: until === null ? "done" : "paused", ...about, value: found };
    },
  };
  const run = (signal = new AbortController().signal) => runSweep(log, state, resolver, trainer, signal);
  await run();
  return { state, store, table: tableOf("s", state), trained, most, file, space };
}

describe("asha", () => {
  const early = { method: "grid", early_terminate: { min_iter: 100, eta: 3 } };
  const values = Array.from({ length: 27 }, (_, i) => i);

  it("has rungs at min_iter times the powers of eta below the length", () => {
    expect(
      rungsOf(parseSweepFile({ recipe: "v", data: "x", metric: { name: "m" }, parameters: {}, ...early }, "s"), 2700),
    ).toEqual([100, 300, 900, null]);
  });

  it("trains a third at each rung, and the best of them to the end", async () => {
    const { table, trained, most } = await simulate(
      { ...early, parameters: { latent: { values } } },
      2700,
      1,
      (at, _, step) => {
        return (at["latent"] as number) + 1000 / step;
      },
    );
    const steps = table.rows.map((row) => row.steps);
    expect(table.best?.configuration).toBe(0);
    expect(steps[0]).toBe(2700);
    // Its order is that of the grid, where the best comes first: each rung lets through what is best so far.
    expect(steps.filter((step) => step >= 300).length).toBe(9);
    expect(steps.filter((step) => step >= 900).length).toBe(3);
    expect(steps.filter((step) => step >= 2700).length).toBe(1);
    expect(trained).toBe(27 * 100 + 9 * 200 + 3 * 600 + 1800);
    expect(most).toBe(1);
  });

  it("finds as good a configuration of noisy curves as the whole grid, in at most a third of its steps", async () => {
    const noise = (at: Assignment, seed: number, step: number) =>
      normal(fold(key(7), JSON.stringify(at), seed, step), [1]).data[0]!;
    const curve = (at: Assignment, seed: number, step: number) =>
      (((at["latent"] as number) * 11) % 27) / 9 + 30 / Math.sqrt(step) + 0.1 * noise(at, seed, step);
    const of = { parameters: { latent: { values } }, seeds: 2 };
    const whole = await simulate({ method: "grid", ...of }, 2700, 4, curve);
    const part = await simulate({ ...early, ...of }, 2700, 4, curve);
    expect(part.trained).toBeLessThan(whole.trained / 3);
    const best = ({ table }: typeof whole) => table.rows[table.best!.configuration]!;
    expect(best(part).mean!).toBeLessThan(best(whole).mean! + Math.max(best(whole).stderr!, 0.1));
  });

  it("trains the best of few configurations to the end, even if no third reaches it", async () => {
    const { table, trained } = await simulate(
      { ...early, parameters: { latent: { values: values.slice(0, 5) } } },
      2700,
      2,
      (at, _, step) => (at["latent"] as number) + 1000 / step,
    );
    expect(table.best?.configuration).toBe(0);
    expect(table.rows.map((row) => row.steps)).toEqual([2700, 100, 100, 100, 100]);
    expect(trained).toBe(2700 + 4 * 100);
  });

  it("does not continue diverged configurations", async () => {
    const { table } = await simulate({ ...early, parameters: { latent: { values } } }, 2700, 3, (at, _, step) =>
      (at["latent"] as number) % 2 === 0 ? null : (at["latent"] as number) + 1 / step,
    );
    expect(table.rows.filter((row) => row.status === "diverged").every((row) => row.steps === 100)).toBe(true);
    expect(table.best?.configuration).toBe(1);
  });
});

describe("a sweep that goes on", () => {
  it("restores everything from its log alone", async () => {
    const raw = {
      method: "asha",
      run_cap: 20,
      early_terminate: { min_iter: 10 },
      parameters: { latent: { min: 0, max: 1 } },
      seeds: 2,
    };
    const value = (at: Assignment, seed: number, step: number) => (at["latent"] as number) + seed / 10 + 1 / step;
    const { state, store, table, file, space } = await simulate(raw, 100, 3, value);
    const again = new SweepState(file, space, state.rungs);
    for (const event of (await SweepLog.open(store))!.events) again.apply(event);
    expect(tableOf("s", again)).toEqual(table);
    expect(again.nextPromotion()).toBeNull();
    expect(again.propose()).toBeNull();
    expect(again.configurations.flatMap((one) => again.jobsOf(one))).toEqual([]);
    expect(table.rows).toHaveLength(10);
  });

  it("proposes no configuration twice in a small space", async () => {
    const { table } = await simulate(
      { method: "random", parameters: { latent: { values: [1, 2, 3] } } },
      10,
      2,
      () => 1,
    );
    expect(table.rows.map(({ parameters }) => parameters["latent"]).toSorted()).toEqual([1, 2, 3]);
  });
});

describe("importance", () => {
  const row = (parameters: Assignment, mean: number, configuration: number) =>
    ({ parameters, mean, configuration, status: "done" }) as unknown as Parameters<
      typeof importances
    >[0]["rows"][number];

  it("is the variance fraction of each main effect, less what groups of that size explain by chance", () => {
    const [a, b] = [
      [0, 1, 2],
      [0, 1, 2, 3],
    ];
    const rows = a.flatMap((x) => b.map((y) => row({ x, y, z: 1 }, 3 * x + 3 * y, 4 * x + y)));
    // Variances of 3x and 3y on these grids: 9 * 2 / 3 and 9 * 5 / 4; 12 configurations in 3 and in 4 groups.
    const found = importances({ rows, parameters: ["z", "y", "x"] });
    expect(found.map(({ parameter }) => parameter)).toEqual(["y", "x", "z"]);
    expect(found[0]!.share).toBeCloseTo(1 - ((6 / 17.25) * 11) / 8, 12);
    expect(found[1]!.share).toBeCloseTo(1 - ((11.25 / 17.25) * 11) / 9, 12);
    expect(found[2]!.share).toBeCloseTo(0, 12);
  });

  it("groups values of a range into quarters, and is undefined for equal values", () => {
    const rows = Array.from({ length: 40 }, (_, i) => row({ x: i / 40 }, Math.floor(i / 10), i));
    expect(importances({ rows, parameters: ["x"] })).toEqual([{ parameter: "x", share: 1 }]);
    expect(importances({ rows: rows.map((one) => ({ ...one, mean: 1 })), parameters: ["x"] })[0]!.share).toBe(0);
  });
});
