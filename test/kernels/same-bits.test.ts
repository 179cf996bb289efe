import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

import { wasmEngine } from "../../src/runtime/index.ts";
import { trainTinyVae } from "../runtime/tiny-vae.ts";

describe("the wasm engine", () => {
  it("ends a training with the bytes that it has on every machine", async () => {
    const { state } = await trainTinyVae(wasmEngine(), 100);
    const hash = createHash("sha256");
    for (const name of Object.keys(state).toSorted()) hash.update(Float32Array.from(state[name]!));
    // Found on Node 20, 22 and 24. Another value is another program: a change of kernels, of their order or of the step.
    expect(hash.digest("hex")).toBe("811d2bf5aa5757a220ab4460fc003ea7a9491b850939bab668d04bd84e51e344");
  });
});
