import { traceWorkload } from "../traced-step.js";

const workloads = {
  vae: () => import("../workloads/vae.js"),
  gan2d: () => import("../workloads/gan2d.js"),
  dcgan: () => import("../workloads/dcgan.js"),
};

/** A workload as every side gets it: initial parameters by net and path, and the batch and the noise of each step. */
export async function problemOf(name) {
  const workload = await workloads[name]();
  const traced = traceWorkload(workload);
  return {
    ...traced,
    learningRate: workload.learningRate,
    /** Batch and noise of a step. */
    inputsOf(count) {
      const feeds = Object.values(traced.feedsOf(count)).filter(({ shape }) => shape.length > 0);
      const isBatch = ({ shape }) => shape.join() === workload.batch.join();
      // The noise of gan2d has the batch's shape; the batch is fed last.
      const batch = feeds.findLast(isBatch);
      return { batch, noise: feeds.find((value) => value !== batch) };
    },
  };
}
