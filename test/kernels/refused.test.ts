import { describe, expect, it } from "vitest";

import { startThread } from "../../src/node/start-thread.ts";
import { input } from "../../src/graph/tensor.ts";
import { matmul, sum } from "../../src/ops/index.ts";
import { type Compiled, type Program, kernelEngine, wasmEngine } from "../../src/runtime/index.ts";
import { runScript } from "../run-script.ts";

/** A program with an intermediate value of so many GiB, which is a product and therefore written. */
function programOf(gibibytes: number): Program {
  const rows = gibibytes * 2 ** 13;
  const [a, b, c] = [input("a", [rows, 8]), input("b", [8, 2 ** 15]), input("c", [2 ** 15, 8])];
  return { outputs: { total: sum(matmul(matmul(a, b), c)) } };
}

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
  it.skipIf(process.arch !== "x64")("reports that WebAssembly has no SIMD", async () => {
    expect(await told(make, 100, ["--no-enable-sse4-1", "--no-enable-ssse3"])).toMatch(
      new RegExp(`^EngineError ${name}: needs SIMD instructions in WebAssembly, which .* \\| .*--device cpu`),
    );
    expect(await told(make, 100, [])).toBe("1");
  });

  it("reports that a memory cannot grow as far as a state needs", async () => {
    const [size, limit] = [2 ** 24, ["--wasm-max-mem-pages=500"]];
    expect(await told(make, size, limit)).toMatch(
      new RegExp(
        `^EngineError ${name}: could not allocate a WebAssembly memory of 0\\.1 GiB.* \\| use a smaller batch`,
      ),
    );
    expect(await told(make, 1000, limit)).toBe("1");
  });
});

describe("a memory of 4 GiB", () => {
  const threads = { threads: 2, start: startThread };
  const ort = { device: "cpu", threads: 1 } as const;

  it.each([
    ["wasm", () => wasmEngine()],
    ["wasm on two threads", () => wasmEngine({ threads })],
  ])("is too small for a program of 5 GiB, as %s reports", async (_, make) => {
    await expect(make().compile(programOf(5))).rejects.toThrow(
      /^wasm: could not allocate a WebAssembly memory of \d+\.\d GiB \(the limit is 4 GiB\)$/,
    );
  });

  it.each([
    ["wasm", () => wasmEngine()],
    ["wasm on two threads", () => wasmEngine({ threads })],
  ])("is reached by programs of half a GiB, and released memory is reused, on %s", async (_, make) => {
    const engine = make();
    const compiled: Compiled[] = [];
    const fill = async () => {
      for (;;) compiled.push(await engine.compile(programOf(0.5)));
    };
    await expect(fill()).rejects.toThrow(
      /^wasm: could not allocate a WebAssembly memory of 4\.\d GiB \(the limit is 4 GiB\)$/,
    );
    expect(compiled.length).toBeGreaterThan(2);
    await compiled.pop()!.release();
    compiled.push(await engine.compile(programOf(0.5)));
    for (const one of compiled) await one.release();
  });

  it("that is too small leaves a program of kernels to ONNX Runtime, which is reported", async () => {
    const engine = kernelEngine(ort);
    const large = await engine.compile(programOf(5));
    expect(large.note?.evidence).toMatch(
      /^ONNX Runtime alone: a WebAssembly memory has at most 4 GiB, but 5\.0 GiB are needed$/,
    );
    await large.release();
    const small = await engine.compile(programOf(1));
    expect(small.note).toBeUndefined();
    await small.release();
  });
});
