import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { type GeneratedDataset, ring8 } from "../../src/data/index.ts";
import { gan } from "../../src/models/index.ts";
import { Run } from "../../src/run/index.ts";
import { type Engine, wasmEngine } from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";

describe("a step that an engine runs in a different way than intended", () => {
  it("is warned of once, and recorded", async () => {
    const evidence = "ONNX Runtime alone: a WebAssembly memory has at most 4 GiB, but 5.0 GiB are needed";
    const note = { evidence, change: { flag: "--batch N", reason: "smaller batches take less memory" } };
    const wasm = wasmEngine();
    const engine: Engine = {
      ...wasm,
      compile: async (program) => {
        const compiled = await wasm.compile(program);
        return { note, run: (...args) => compiled.run(...args), release: () => compiled.release() };
      },
    };
    const store = new MemoryStore();
    const data = (ring8 as GeneratedDataset).generate();
    const warnings = [];
    for await (const event of train(gan({ hidden: [4] }), data, { steps: 3, seed: 1 }, { engine, store })) {
      if (event.type === "warning") warnings.push(event);
    }
    const told = warnings.filter(({ symptom }) => symptom === "engine");
    expect(told).toMatchObject([{ step: 0, evidence, hint: expect.stringContaining("--batch") }]);
    const { state } = await Run.open(store);
    expect(state.warnings).toMatchObject([{ symptom: "engine", evidence }]);
  });
});
