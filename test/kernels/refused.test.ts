import { describe, expect, it } from "vitest";

import { runScript } from "../run-script.ts";

/** Runs a small step in a process of its own, with options of Node that take something away. */
async function told(make: string, size: number, node: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runScript(
    `
    import { zeros } from "./src/base/ndarray.ts";
    import { input } from "./src/graph/tensor.ts";
    import { add } from "./src/ops/index.ts";
    import { kernelEngine, wasmEngine } from "./src/runtime/index.ts";
    try {
      const engine = ${make};
      const compiled = await engine.compile({ outputs: {}, updates: { x: add(input("x", [${size}]), 1) } });
      const state = engine.createState({ x: zeros([${size}]) });
      await compiled.run({}, state);
      console.log((await state.read()).x.data[0]);
    } catch ({ name, message, hint }) {
      console.log(name, message, "|", hint);
    }
    process.exit();
    `,
    { node },
  );
  expect(stderr).toBe("");
  return stdout.trim();
}

const engines = { wasm: "wasmEngine()", kernels: 'kernelEngine({ device: "cpu", threads: 1 })' };

describe.each(Object.entries(engines))("%s", (name, make) => {
  // Without SSE4.1 V8 has no SIMD in WebAssembly.
  it.skipIf(process.arch !== "x64")("says that WebAssembly has no SIMD", async () => {
    expect(await told(make, 100, ["--no-enable-sse4-1", "--no-enable-ssse3"])).toMatch(
      new RegExp(`^EngineError ${name}: WebAssembly must have SIMD instructions - got .* \\| .*--device cpu`),
    );
    expect(await told(make, 100, [])).toBe("1");
  });

  it("says that a memory cannot grow as far as a state needs", async () => {
    const [size, limit] = [2 ** 24, ["--wasm-max-mem-pages=500"]];
    expect(await told(make, size, limit)).toMatch(
      new RegExp(`^EngineError ${name}: there is no WebAssembly memory of 0\\.1 GiB.* \\| use a smaller batch`),
    );
    expect(await told(make, 1000, limit)).toBe("1");
  });
});
