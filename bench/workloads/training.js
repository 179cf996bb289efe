import { MemoryStore } from "../../dist/base/store.js";
import { nodeEngine, openData } from "../../dist/node/index.js";
import { train } from "../../dist/train/index.js";

/**
 * `train` as users run it on MNIST in memory: shuffled batches of bytes, losses logged. Without evaluations, samples and
 * checkpoints after the first step, which a plain loop does not have either.
 */
export async function trainStepper(device, model, { batch, learningRate }) {
  const data = await openData("mnist");
  const never = 1e6;
  const every = { logEvery: 50, evalEvery: never, sampleEvery: never, checkpointEvery: never };
  const settings = { engine: await nodeEngine({ device }), store: new MemoryStore() };
  const events = train(model, data, { batch, steps: never, learningRate, seed: 1, ...every }, settings);
  return {
    run: async () => {
      for (;;) {
        const { value: event } = await events.next();
        if (event.type === "step") return Object.values(event.losses)[0];
      }
    },
  };
}
