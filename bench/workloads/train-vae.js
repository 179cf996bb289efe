import { MemoryStore } from "../../dist/base/store.js";
import { vae } from "../../dist/models/index.js";
import { nodeEngine, openData } from "../../dist/node/index.js";
import { train } from "../../dist/train/index.js";

/**
 * `train` as users run it on MNIST in memory: shuffled batches of bytes, binarised anew each step, losses logged. Without evaluations,
 * samples and checkpoints after the first step, which a plain loop does not have either.
 */
export async function createStepper(device) {
  const data = await openData("mnist");
  const never = 1e6;
  const every = { logEvery: 50, evalEvery: never, sampleEvery: never, checkpointEvery: never };
  const settings = { engine: await nodeEngine({ device }), store: new MemoryStore() };
  const model = vae({ hidden: 400, latent: 20 });
  const events = train(model, data, { batch: 128, steps: never, learningRate: 1e-3, seed: 1, ...every }, settings);
  return {
    run: async () => {
      for (;;) {
        const { value: event } = await events.next();
        if (event.type === "step") return Object.values(event.losses)[0];
      }
    },
  };
}
