import { EngineError } from "../base/errors.ts";
import { full } from "../base/ndarray.ts";
import { constant, input } from "../graph/tensor.ts";
import { add, matmul } from "../ops/index.ts";
import type { Engine } from "./engine.ts";

/** Side of matrices, large enough to use an engine's separate code for large products and large outputs. */
const side = 128;

/**
 * Runs a small update twice. An engine whose updates do not reach its state would train without an error and learn nothing: for
 * example, onnxruntime-web does not write to given output tensors.
 * @throws EngineError if the state does not have the updated value, or the engine's device does not exist.
 */
export async function requireUpdates(engine: Engine): Promise<void> {
  const x = input("x", [side, side]);
  // Each entry of the product is 2 x, all in powers of two: exact on any device.
  const doubled = matmul(x, constant(full([side, side], 2 / side)));
  const compiled = await engine.compile({ outputs: {}, updates: { x: add(doubled, 1) } });
  const state = engine.createState({ x: full([side, side], 1) });
  try {
    await compiled.run({}, state);
    await compiled.run({}, state);
    const wrong = (await state.read())["x"]!.data.find((value) => value !== 7);
    if (wrong === undefined) return;
    throw new EngineError(
      `${engine.name}: applying 2 x + 1 twice to a state of 1 must give 7 - got ${wrong}`,
      "a model would not learn on this engine: use another one, such as wasmEngine()",
    );
  } finally {
    await compiled.release();
    state.dispose();
  }
}
