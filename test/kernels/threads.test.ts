import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { type NdArray, scalar, zeros } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { startThread } from "../../src/node/start-thread.ts";
import * as ops from "../../src/ops/index.ts";
import { adam } from "../../src/optim/index.ts";
import { FunctionBuilder, ModuleBuilder } from "../../src/kernels/wasm.ts";
import { Heap } from "../../src/runtime/heap.ts";
import {
  type Engine,
  type Program,
  type StartThread,
  type ThreadHost,
  interpreter,
  wasmEngine,
} from "../../src/runtime/index.ts";
import { Threads } from "../../src/runtime/threads.ts";
import "../tolerance.ts";

const shapes = { x: [96, 201], w: [201, 83], v: [83, 3], image: [6, 16, 16, 3], kernel: [4, 4, 3, 32], p: [40_001] };
const state = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i): [string, NdArray] => {
    const values = normal(key(i), shape);
    return [name, { ...values, data: values.data.map((value) => value * 0.1) }];
  }),
);

/**
 * Every way of sharing work: rows, columns and panels, whole sums in tiles, columns of sums in tiles, gathers, and what one thread
 * does for all; sizes that do not divide.
 */
function program(): Program {
  const t = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)])) as Record<
    keyof typeof shapes,
    Tensor
  >;
  const hidden = ops.tanh(ops.matmul(t.x, t.w));
  const narrow = ops.sigmoid(ops.matmul(hidden, t.v));
  const maps = ops.softplus(ops.conv2d(t.image, t.kernel, { stride: 2, padding: 1 }));
  const centred = ops.sub(maps, ops.mean(maps, { axes: [0, 1, 2], keepDims: true }));
  const spread = ops.sum(ops.mul(centred, centred), { axes: [0, 1, 2] });
  const loss = [
    ops.mean(ops.exp(narrow)),
    ops.sum(ops.max(hidden, { axes: [1] })),
    ops.mean(ops.log(ops.add(spread, 1))),
    ops.mean(ops.mul(t.p, t.p)),
    ops.sum(ops.tanh(ops.mul(t.x, t.x))),
  ].reduce((sum, term) => ops.add(sum, term));
  const names = ["w", "v", "kernel", "p", "x"] as const;
  const optimizer = adam({ learningRate: 0.01 });
  const slots = Object.keys(optimizer.init(zeros([1])));
  const updates = grad(
    loss,
    names.map((name) => t[name]),
  ).flatMap((g, i): [string, Tensor][] => {
    const name = names[i]!;
    const own = Object.fromEntries(slots.map((slot) => [slot, input(`${name}/${slot}`, shapes[name])]));
    const next = optimizer.update(t[name], g, own, (scalarName) => input(scalarName, []));
    return [
      [name, next.params],
      ...Object.entries(next.slots).map(([slot, value]): [string, Tensor] => [`${name}/${slot}`, value]),
    ];
  });
  for (const name of names) for (const slot of slots) state[`${name}/${slot}`] ??= zeros(shapes[name]);
  return { outputs: { loss, narrow, place: ops.argmax(hidden, 1) }, updates: Object.fromEntries(updates) };
}

const feeds = { rate: scalar(0.01), epsilon: scalar(1e-8) };

async function steps(engine: Engine, count: number) {
  const compiled = await engine.compile(program());
  const own = engine.createState(state);
  let outputs = {};
  for (let step = 0; step < count; step++) outputs = await compiled.run(feeds, own);
  const values: Readonly<Record<string, NdArray>> = { ...outputs, ...(await own.read()) };
  await compiled.release();
  own.dispose();
  return values;
}

function digest(values: Readonly<Record<string, NdArray>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(values).toSorted()) {
    const { buffer, byteOffset, byteLength } = values[name]!.data;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

const threaded = (threads: number) => wasmEngine({ threads: { threads, start: startThread } });

describe("threads", () => {
  it(
    "compute the interpreter's results, with the same bits for any number of threads",
    { timeout: 60_000 },
    async () => {
      const expected = await steps(interpreter(), 1);
      const one = await steps(wasmEngine(), 1);
      for (const [name, value] of Object.entries(expected)) {
        expect(one[name], name).toBeAllclose(value, { relative: 1e-4, absolute: 2e-5 });
      }
      const whole = digest(await steps(wasmEngine(), 20));
      for (const threads of [2, 3, 4]) {
        expect(digest(await steps(threaded(threads), 20)), `${threads} threads`).toBe(whole);
      }
    },
  );

  it("compile and run one program after another", { timeout: 60_000 }, async () => {
    const engine = threaded(2);
    const [first, second] = [await engine.compile(program()), await engine.compile(program())];
    const own = engine.createState(state);
    const losses = [];
    for (const compiled of [first, second, first]) losses.push((await compiled.run(feeds, own)).loss!.data[0]!);
    expect(losses[2]).toBeLessThan(losses[0]!);
    await first.release();
    await second.release();
    const again = await engine.compile(program());
    expect((await again.run(feeds, own)).loss!.data[0]!).toBeLessThan(losses[2]!);
    await again.release();
  });

  it("that die are reported", async () => {
    const hosts: ThreadHost[] = [];
    let gone = () => {};
    const ended = new Promise<void>((resolve) => (gone = resolve));
    const start: typeof startThread = (listener) => {
      const host = startThread({
        ...listener,
        died: (reason) => {
          listener.died(reason);
          gone();
        },
      });
      hosts.push(host);
      return host;
    };
    const engine = wasmEngine({ threads: { threads: 2, start } });
    const compiled = await engine.compile(program());
    const own = engine.createState(state);
    await compiled.run(feeds, own);
    hosts[0]!.end();
    await ended;
    await expect(compiled.run(feeds, own)).rejects.toThrow(
      "wasm: a thread of this engine died - got: it ended with code 1",
    );
    await expect(engine.compile(program())).rejects.toThrow("a thread of this engine died");
  });

  it("that die during a step are reported quickly", { timeout: 90_000 }, async () => {
    const hosts: ThreadHost[] = [];
    const start: typeof startThread = (listener) => {
      const host = startThread(listener);
      hosts.push(host);
      return host;
    };
    const engine = wasmEngine({ threads: { threads: 3, start } });
    const compiled = await engine.compile(program());
    const own = engine.createState(state);
    await compiled.run(feeds, own);
    hosts[1]!.end();
    const began = performance.now();
    // Steps leave no time for events: without another sign, the others would wait for a minute.
    const endless = async () => {
      for (;;) await compiled.run(feeds, own);
    };
    await expect(endless()).rejects.toThrow("wasm: a thread of this engine died - got: it ended during its work");
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("that do not start in time are replaced by one thread, with a warning", async () => {
    let asked = 0;
    const start: StartThread = async (listener) => (asked++ === 0 ? startThread(listener) : null);
    const engine = wasmEngine({ threads: { threads: 4, start } });
    const [first, second] = [await engine.compile(program()), await engine.compile(program())];
    for (const { note } of [first, second])
      expect(note?.evidence).toContain("one thread: the others did not start in time");
    const own = engine.createState(state);
    expect((await first.run(feeds, own)).loss!.data[0]).toBeGreaterThan(0);
    await first.release();
    await second.release();
    // Two tries are enough: the first thread came, the second did not, and no third was waited for.
    expect(asked).toBe(2);
  });

  it("that fail while others wait for them are reported", async () => {
    const heap = new Heap("own", true);
    const threads = (await Threads.start("own", heap, { threads: 2, start: startThread }, 0))!;
    const module = new ModuleBuilder();
    // Far beyond the end of the memory.
    module.add(new FunctionBuilder(["i32", "i32"]).i32(-16).i32(0).memory("i32.store"), "segment0");
    const program = await threads.add(new WebAssembly.Module(module.finish({ pages: 0, shared: 65536 })));
    const words = heap.view("int32", threads.control, 16) as Int32Array;
    const wait = () => {
      while (Atomics.load(words, 3) === 0) Atomics.wait(words, 1, 0, 100);
    };
    expect(() => threads.run(program, 0, wait)).toThrow("it failed during its work");
    await threads.end();
  });

  it("that stop slowly do not disturb those started later", { timeout: 60_000 }, async () => {
    // A browser lets a Worker go on for seconds after it was terminated.
    const start: typeof startThread = (listener) => {
      const host = startThread({ ...listener, died: () => {} });
      return { ...host, end: () => void setTimeout(host.end, 3000) };
    };
    const whole = digest(await steps(wasmEngine(), 50));
    const engine = wasmEngine({ threads: { threads: 2, start } });
    for (let pool = 0; pool < 8; pool++) {
      expect(digest(await steps(engine, 50)), `pool ${pool}`).toBe(whole);
    }
  });
});
