import { afterEach, describe, expect, it } from "vitest";

import { EngineError } from "../../src/base/errors.ts";
import { type NdArray, fromNumbers, joinRows, ndarray, scalar, zeros } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { grad } from "../../src/autodiff/index.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import * as ops from "../../src/ops/index.ts";
import {
  type Compiled,
  type Engine,
  type Program,
  kernelEngine,
  interpreter,
  ortEngine,
  wasmEngine,
} from "../../src/runtime/index.ts";
import "../tolerance.ts";

const cpu = ortEngine({ device: "cpu", threads: 2 });
const engines: readonly (readonly [string, Engine, number])[] = [
  ["interpreter", interpreter(), 0],
  ["cpu", cpu, 1e-6],
  ["kernels", kernelEngine({ device: "cpu", threads: 2 }, { isPacked: () => false }), 1e-6],
  ["wasm", wasmEngine(), 1e-6],
];

/** A net of two layers with momentum: several tensors of state, each read and written by every step. */
function momentumStep(): Program {
  const [w, v, mw, mv] = Object.entries({ w: [3, 4], v: [4, 1], mw: [3, 4], mv: [4, 1] }).map(([name, shape]) =>
    input(name, shape),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const out = ops.matmul(ops.tanh(ops.matmul(input("x", [5, 3]), w)), v);
  const loss = ops.mean(ops.square(ops.sub(out, input("y", [5, 1]))));
  const [gw, gv] = grad(loss, [w, v]) as [Tensor, Tensor];
  const [nextW, nextV] = [ops.add(ops.mul(mw, 0.9), gw), ops.add(ops.mul(mv, 0.9), gv)];
  const rate = input("rate", []);
  return {
    outputs: { loss, out },
    updates: { w: ops.sub(w, ops.mul(nextW, rate)), v: ops.sub(v, ops.mul(nextV, rate)), mw: nextW, mv: nextV },
  };
}

const initial = () => ({ w: normal(key(1), [3, 4]), v: normal(key(2), [4, 1]), mw: zeros([3, 4]), mv: zeros([4, 1]) });
const feeds = (step: number) => ({
  x: normal(key(10 + step), [5, 3]),
  y: normal(key(50 + step), [5, 1]),
  rate: scalar(0.02),
});

const open: Compiled[] = [];
const compile = async (engine: Engine, program: Program): Promise<Compiled> => {
  const compiled = await engine.compile(program);
  open.push(compiled);
  return compiled;
};
afterEach(async () => {
  for (const compiled of open.splice(0)) await compiled.release();
});

async function train(engine: Engine, steps: number) {
  const compiled = await compile(engine, momentumStep());
  const state = engine.createState(initial());
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await compiled.run(feeds(step), state)).loss!.data[0]!);
  return { losses, state: await state.read() };
}

describe("a step with state", () => {
  it("gives the same numbers on the interpreter and the CPU after many runs", async () => {
    const [reference, own] = [await train(interpreter(), 40), await train(cpu, 40)];
    expect(own.losses).toBeAllclose(reference.losses, { relative: 2e-6 });
    for (const [name, value] of Object.entries(reference.state))
      expect(own.state[name]).toBeAllclose(value, { relative: 1e-5 });
    expect(reference.losses.at(-1)).toBeLessThan(reference.losses[0]!);
  });

  it("is deterministic on the CPU, on one thread and on two", async () => {
    const [first, second, single] = [
      await train(cpu, 10),
      await train(cpu, 10),
      await train(ortEngine({ device: "cpu", threads: 1 }), 10),
    ];
    expect(second).toEqual(first);
    expect(single).toEqual(first);
  });
});

describe.each(engines)("%s", (name, engine, relative) => {
  it("reads old values of the state while writing new ones", async () => {
    // Each tensor's next value is made of the other's: whoever wrote in place would mix old and new.
    const [a, b] = [input("a", [4]), input("b", [4])];
    const compiled = await compile(engine, {
      outputs: { total: ops.sum(ops.add(a, b)) },
      updates: { a: b, b: ops.add(a, b) },
    });
    const state = engine.createState({ a: fromNumbers([0, 1, 0, 2]), b: fromNumbers([1, 1, 2, 0]) });
    const sequences = [
      [0, 1],
      [1, 1],
      [0, 2],
      [2, 0],
    ].map(([x, y]) => [x!, y!]);
    for (let step = 0; step < 25; step++) {
      const { total } = await compiled.run({}, state);
      expect(total!.data[0]).toBe(sequences.reduce((sum, terms) => sum + terms.at(-2)! + terms.at(-1)!, 0));
      for (const terms of sequences) terms.push(terms.at(-2)! + terms.at(-1)!);
      const read = await state.read();
      expect([...read.a!.data]).toEqual(sequences.map((terms) => terms.at(-2)!));
      expect([...read.b!.data]).toEqual(sequences.map((terms) => terms.at(-1)!));
    }
  });

  it("keeps state that is not updated, or updated to itself", async () => {
    const compiled = await compile(engine, {
      outputs: {},
      updates: { a: ops.mul(input("a", [2]), 1), b: ops.add(input("b", [2]), input("c", [2])) },
    });
    const state = engine.createState({ a: fromNumbers([1, 2]), b: fromNumbers([3, 4]), c: fromNumbers([5, 6]) });
    await compiled.run({}, state);
    await compiled.run({}, state);
    const { a, b, c } = await state.read();
    expect([a, b, c].map((value) => [...value!.data])).toEqual([
      [1, 2],
      [13, 16],
      [5, 6],
    ]);
  });

  it("shares one state between programs", async () => {
    const w = input("w", [2]);
    const step = await compile(engine, { outputs: {}, updates: { w: ops.mul(w, 2) } });
    const look = await compile(engine, { outputs: { sum: ops.sum(w) } });
    const state = engine.createState({ w: fromNumbers([1, 2]), other: fromNumbers([9]) });
    for (const expected of [3, 6, 12]) {
      expect((await look.run({}, state)).sum!.data[0]).toBe(expected);
      await step.run({}, state);
    }
    expect(state.names).toEqual(["w", "other"]);
    expect(Object.keys(await state.read(["other"]))).toEqual(["other"]);
  });

  it("prefers a fed value to one of the state", async () => {
    const compiled = await compile(engine, { outputs: { y: ops.mul(input("w", [2]), 10) } });
    const state = engine.createState({ w: fromNumbers([1, 2]) });
    expect([...(await compiled.run({ w: fromNumbers([3, 4]) }, state)).y!.data]).toEqual([30, 40]);
    expect([...(await compiled.run({}, state)).y!.data]).toEqual([10, 20]);
  });

  it("copies what enters and leaves the state", async () => {
    const compiled = await compile(engine, {
      outputs: { y: ops.mul(input("w", [2]), 1) },
      updates: { w: ops.add(input("w", [2]), 1) },
    });
    for (const own of [fromNumbers([1, 2]), ndarray("float64", [2], Float64Array.of(1, 2))] satisfies NdArray[]) {
      const state = engine.createState({ w: own });
      own.data.fill(-1);
      const read = (await state.read()).w!;
      expect([...read.data]).toEqual([1, 2]);
      read.data.fill(-2);
      const { y } = await compiled.run({}, state);
      expect([...y!.data]).toEqual([1, 2]);
      y!.data.fill(-3);
      const later = (await state.read()).w!;
      expect([...later.data]).toEqual([2, 3]);
      await compiled.run({}, state);
      expect([...later.data]).toEqual([2, 3]);
    }
  });

  it("keeps the results of earlier runs apart from later ones", async () => {
    const y = ops.mul(input("x", [2]), 2);
    const compiled = await compile(engine, { outputs: { y, again: ops.reshape(y, [2, 1]) } });
    const first = await compiled.run({ x: fromNumbers([1, 2]) });
    first.again!.data.fill(0);
    await compiled.run({ x: fromNumbers([3, 4]) });
    expect([...first.y!.data]).toEqual([2, 4]);
  });

  it("does not modify feeds of any type", async () => {
    const [x, i, c] = [input("x", [2]), input("i", [2], "int32"), input("c", [2], "bool")];
    const compiled = await compile(engine, { outputs: { y: ops.where(c, x, ops.cast(i, "float32")) } });
    const fed = {
      x: ndarray("float64", [2], Float64Array.of(1.5, 2.5)),
      i: ndarray("int32", [2], Int32Array.of(7, 8)),
      c: ndarray("bool", [2], Uint8Array.of(1, 0)),
    };
    expect([...(await compiled.run(fed)).y!.data]).toEqual([1.5, 8]);
    expect([[...fed.x.data], [...fed.i.data], [...fed.c.data]]).toEqual([
      [1.5, 2.5],
      [7, 8],
      [1, 0],
    ]);
  });

  it.each([
    { distribution: "uniform", draw: uniform },
    { distribution: "normal", draw: normal },
  ] as const)(
    "draws $distribution numbers, each key its part, also for overlapping calls",
    async ({ distribution, draw }) => {
      const parts = 3;
      const size = 1001;
      const compiled = await compile(engine, { outputs: { y: ops.mul(input("x", [parts, size]), 1) } });
      const keys = Array.from({ length: 4 }, (_, call) => Array.from({ length: parts }, (_, i) => key(10 * call + i)));
      const results = await Promise.all(
        keys.map((own) => compiled.run({ x: { distribution, keys: own, shape: [parts, size] } })),
      );
      for (const [call, { y }] of results.entries()) {
        const expected = joinRows(keys[call]!.map((own) => draw(own, [1, size])));
        expect([...y!.data]).toEqual([...expected.data]);
      }
    },
  );

  it("says on one line which input is missing or has another shape", async () => {
    const compiled = await compile(engine, { outputs: { y: ops.mul(input("x", [2]), input("w", [2])) } });
    const state = engine.createState({ w: fromNumbers([1, 2]) });
    const refused = async (run: Promise<unknown>, message: RegExp) => {
      const error = await run.then(
        () => null,
        (caught: unknown) => caught as Error,
      );
      expect(error).toBeInstanceOf(EngineError);
      expect(error!.message).toMatch(message);
      expect(error!.message).not.toContain("\n");
    };
    await refused(compiled.run({}, state), new RegExp(`${name}: .*"x" was not fed`));
    await refused(compiled.run({ x: fromNumbers([1, 2]) }), /"w" was not fed/);
    await refused(compiled.run({ x: fromNumbers([1, 2, 3]) }, state), /"?x"?.*3/);
  });

  it("rejects a state of another engine, a step that updates no state, and a disposed state", async () => {
    const step = await compile(engine, {
      outputs: { y: ops.exp(input("w", [2])) },
      updates: { w: ops.mul(input("w", [2]), 2) },
    });
    const foreign = (name === "cpu" ? interpreter() : cpu).createState({ w: fromNumbers([1, 2]) });
    await expect(step.run({}, foreign)).rejects.toThrow(EngineError);
    await expect(step.run({}, foreign)).rejects.toThrow(`${name}: the state belongs to another engine`);
    await expect(step.run({ w: fromNumbers([1, 2]) })).rejects.toThrow(EngineError);
    await expect(step.run({ w: fromNumbers([1, 2]) }, engine.createState({ v: fromNumbers([1]) }))).rejects.toThrow(
      /has no tensor "w"/,
    );
    const state = engine.createState({ w: fromNumbers([1, 2]) });
    await expect(state.read(["v"])).rejects.toThrow(/has no tensor "v"/);
    state.dispose();
    await expect(step.run({}, state)).rejects.toThrow(EngineError);
  });

  it("runs without state", async () => {
    const compiled = await compile(engine, { outputs: { y: ops.exp(input("x", [3])) } });
    const { y } = await compiled.run({ x: fromNumbers([0, 1, -1]) });
    expect(y).toBeAllclose([1, Math.E, 1 / Math.E], { relative: Math.max(relative, 1e-15) });
  });
});

describe("cpu", () => {
  it("refuses to run after release", async () => {
    const compiled = await cpu.compile({ outputs: { y: ops.exp(input("x", [1])) } });
    await compiled.release();
    await expect(compiled.run({ x: fromNumbers([1]) })).rejects.toThrow(EngineError);
  });
});

describe("kernels", () => {
  it("keep no copies of the outputs of ONNX Runtime's products", async () => {
    const [x, w] = [input("x", [512, 512]), input("w", [512, 512])];
    const engine = kernelEngine({ device: "cpu", threads: 1 });
    const step = await compile(engine, { outputs: { sum: ops.sum(ops.matmul(x, w)) } });
    const fed = { x: normal(key(1), [512, 512]), w: normal(key(2), [512, 512]) };
    const { sum } = await step.run(fed);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let i = 0; i < 8; i++) {
      expect((await step.run(fed)).sum!.data).toEqual(sum!.data);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    // A copy has 1 MiB.
    expect(most).toBeLessThan(2 ** 19);
  });
});

describe.each(engines.filter(([name]) => name === "kernels" || name === "wasm"))("%s, in one memory", (_, engine) => {
  it("grows its memory while a step runs, with the same results", async () => {
    const [x, v] = [input("x", [64, 64]), input("w", [64, 64])];
    const step = await compile(engine, { outputs: { y: ops.matmul(ops.tanh(ops.matmul(x, v)), v) } });
    const state = engine.createState({ w: normal(key(1), [64, 64]) });
    const fed = { x: normal(key(2), [64, 64]) };
    const { y } = await step.run(fed, state);
    for (let i = 0; i < 5; i++) {
      const running = step.run(fed, state);
      await Promise.resolve();
      const large = engine.createState({ large: zeros([200_000]) });
      const compiling = compile(engine, { outputs: { z: ops.exp(input("z", [50_000 + i])) } });
      expect((await running).y).toEqual(y);
      await compiling;
      expect((await large.read()).large!.data).toHaveLength(200_000);
    }
  });

  it("runs and reads in the order of requests", async () => {
    const w = input("w", [1000]);
    const step = await compile(engine, { outputs: { sum: ops.sum(w) }, updates: { w: ops.add(w, 1) } });
    const state = engine.createState({ w: zeros([1000]) });
    const asked = [step.run({}, state), state.read(), step.run({}, state), state.read()];
    const [first, once, second, twice] = await Promise.all(asked);
    expect([first!.sum!.data[0], once!.w!.data[0], second!.sum!.data[0], twice!.w!.data[0]]).toEqual([0, 1, 1000, 2]);
  });
});
