// A separate process for `zaya doctor`: drivers may write to its output directly, or crash it.
import { significant } from "../base/digits.ts";
import { ZayaError } from "../base/errors.ts";
import { key, normal } from "../base/random.ts";
import { input } from "../graph/tensor.ts";
import { type Device, nodeEngine } from "../node/index.ts";
import { matmul, sum } from "../ops/index.ts";

const size = 1024;
const rounds = 8;

/** The result that the process reports. */
export type Measurement =
  | { readonly gflops: number }
  | {
      readonly problem: string;
      readonly hint: string | null;
      /** Whether the error is one of zaya's own. */
      readonly known: boolean;
    };

/**
 * Billions of operations a second of a product of two [1024, 1024] matrices, in the fastest of a few rounds.
 * @throws EngineError when the device does not work.
 */
async function measureMatmul(device: Device): Promise<number> {
  const engine = await nodeEngine({ device });
  // A scalar is returned, so that copying the result is not measured.
  const total = sum(matmul(input("a", [size, size]), input("b", [size, size])));
  const compiled = await engine.compile({ outputs: { total } });
  const state = engine.createState({ a: normal(key(1), [size, size]), b: normal(key(2), [size, size]) });
  try {
    let fastest = Infinity;
    for (let round = 0; round <= rounds; round++) {
      const began = performance.now();
      await compiled.run({}, state);
      // The first round is a warm-up.
      if (round > 0) fastest = Math.min(fastest, performance.now() - began);
    }
    return significant((2 * size ** 3) / fastest / 1e6, 3);
  } finally {
    await compiled.release();
    state.dispose();
  }
}

async function answer(device: Device): Promise<Measurement> {
  try {
    return { gflops: await measureMatmul(device) };
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof ZayaError;
    return { problem: message, hint: known ? (error.hint ?? null) : null, known };
  }
}

const answered = await answer(process.argv[2] as Device);
process.send!(answered, () => process.disconnect());
