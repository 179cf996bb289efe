import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import type { NdArray } from "../../src/base/ndarray.ts";
import { type Tensor, inputName } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import * as ops from "../../src/ops/index.ts";
import {
  type Arrays,
  type Engine,
  type Program,
  kernelEngine,
  interpreter,
  ortEngine,
  wasmEngine,
} from "../../src/runtime/index.ts";
import { feeds, randomGraph } from "../graph/random-graph.ts";
import "../tolerance.ts";

const options = { device: "cpu", threads: 1 } as const;
const reference = interpreter();
const engines: Readonly<Record<string, Engine>> = {
  "ONNX Runtime": ortEngine(options),
  "kernels and ONNX Runtime": kernelEngine(options, { isPacked: () => false }),
  "small products on kernels": kernelEngine(options),
  "kernels alone": wasmEngine(),
};

/** Outputs, and a step of gradient descent for some inputs; others change places with what is computed from them. */
function programOf(outputs: readonly Tensor[], mode: number): Program {
  const loss = outputs.map((output) => ops.sum(ops.tanh(output))).reduce((total, term) => ops.add(total, term));
  const leaves = toposort([loss]).filter((node) => inputName(node) !== null);
  const gradients = grad(loss, leaves);
  const updates = leaves.flatMap((leaf, i): [string, Tensor][] => {
    if ((mode + i) % 4 === 0) return [];
    if ((mode + i) % 4 === 1) return [[inputName(leaf)!, gradients[i]!]];
    return [[inputName(leaf)!, ops.sub(leaf, ops.mul(gradients[i]!, 0.1))]];
  });
  return {
    outputs: { loss, ...Object.fromEntries(outputs.map((output, i) => [`out${i}`, output])) },
    updates: Object.fromEntries(updates),
  };
}

async function run(engine: Engine, program: Program): Promise<readonly Arrays[]> {
  const compiled = await engine.compile(program);
  const state = engine.createState(feeds);
  try {
    const outputs = [await compiled.run({}, state)];
    const first = await state.read();
    outputs.push(await compiled.run({}, state));
    return [...outputs, first, await state.read()];
  } finally {
    await compiled.release();
    state.dispose();
  }
}

function sizeOf(arrays: Arrays): number {
  return Math.max(1, ...Object.values(arrays).flatMap(({ data }) => Array.from(data, Math.abs)));
}

const runs = Number(process.env.ZAYA_RANDOM_PROGRAMS ?? 300);

describe.each(Object.entries(engines))("%s", (_, engine) => {
  it(`agrees with the interpreter on ${runs} random programs`, { timeout: 60_000 + 400 * runs }, async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(16), fc.nat(3), async (outputs, mode) => {
        const program = programOf(outputs, mode);
        const [expected, actual] = [await run(reference, program), await run(engine, program)];
        expected.forEach((arrays, i) => {
          const absolute = 2e-5 * sizeOf(arrays);
          for (const [name, value] of Object.entries(arrays)) {
            expect(actual[i]![name] as NdArray, name).toBeAllclose(value, { relative: 2e-5, absolute });
          }
        });
      }),
      { seed: 14, numRuns: runs },
    );
  });
});
