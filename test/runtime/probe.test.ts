import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { zeros } from "../../src/base/ndarray.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { autoencoder } from "../../src/models/index.ts";
import {
  type Engine,
  interpreter,
  kernelEngine,
  ortEngine,
  requireUpdates,
  wasmEngine,
} from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";
import { runScript } from "../run-script.ts";

const threads = 1;
const engines: readonly Engine[] = [
  interpreter(),
  ortEngine({ device: "cpu", threads }),
  kernelEngine({ device: "cpu", threads }),
  wasmEngine(),
];

/** An engine that computes updates and does not keep them. */
function forgetful(): Engine {
  const engine = wasmEngine();
  return {
    name: "forgetful",
    createState: (values) => engine.createState(values),
    compile: async (program) => {
      const compiled = await engine.compile(program);
      const run: typeof compiled.run = async (feeds, state) => {
        const values = await state!.read();
        const copy = engine.createState(values);
        return compiled.run(feeds, copy);
      };
      return { run, release: () => compiled.release() };
    },
  };
}

describe("requireUpdates", () => {
  it.each(engines.map((engine) => [engine.name, engine] as const))("holds for %s", async (_, engine) => {
    await expect(requireUpdates(engine)).resolves.toBeUndefined();
  });

  it("rejects an engine whose updates do not reach its state, before a run is created", async () => {
    const refused = "forgetful: applying 2 x + 1 twice to a state of 1 must give 7 - got 1";
    await expect(requireUpdates(forgetful())).rejects.toThrow(refused);
    const items = zeros([4, 2, 2, 1]);
    const store = new MemoryStore();
    const blank = arrayDataset({ name: "blank", kind: "image", items });
    const data = { train: blank, test: blank };
    const events = train(autoencoder({}), data, { steps: 1, batch: 2 }, { engine: forgetful(), store });
    await expect(events.next()).rejects.toThrow(refused);
    expect(await store.list("")).toEqual([]);
  });

  it("holds for onnxruntime-web, which does not write to given tensors", async () => {
    const { code, stdout, stderr } = await runScript(
      `
      import { fromNumbers } from "./src/base/ndarray.ts";
      import { input } from "./src/graph/tensor.ts";
      import { mul } from "./src/ops/index.ts";
      import { kernelEngine, ortEngine, requireUpdates } from "./src/runtime/index.ts";
      for (const make of [ortEngine, kernelEngine]) {
        const engine = make({ device: "cpu", threads: 1 });
        await requireUpdates(engine);
        const compiled = await engine.compile({ outputs: {}, updates: { x: mul(input("x", [3]), 3) } });
        const state = engine.createState({ x: fromNumbers([1, 2, 3]) });
        for (let step = 0; step < 3; step++) await compiled.run({}, state);
        console.log(engine.name, ...(await state.read()).x.data);
      }
      process.exit();
      `,
      { onnxruntime: "onnxruntime-web" },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("cpu 27 54 81\nkernels 27 54 81\n");
  });
});
