// Flow matching, a recipe of your own from import to ONNX: docs/your-own-model.md goes through it.
// node examples/flow-matching.js OUT [STEPS], or zaya train --recipe examples/flow-matching.js --data ring8
import { pathToFileURL } from "node:url";
import { OptionError, constant, scalar } from "zaya";
import { defineModel, integerField, integerListField, z } from "zaya/models";
import { mlp } from "zaya/nn";
import { add, broadcastTo, concat, mean, mul, square, sub, sum } from "zaya/ops";
import { adam } from "zaya/optim";

const options = z.object({
  hidden: integerListField("widths of the velocity net's hidden layers").default([128, 128, 128]),
  eulerSteps: integerField("Euler steps from noise to a sample", { min: 1 }).default(50),
});

/** The velocity at points x [n, d] and times t, one for all or [n, 1]. */
const velocity = (net, x, t) => net(concat([x, broadcastTo(t, [x.shape[0], 1])], 1));

/** Noise at time 0, data at time 1, a straight line from each draw of the one to each item of the other. */
export const flowMatching = defineModel({
  name: "flow-matching",
  summary: "velocity field from noise to data, learned by regression",
  source: "Lipman et al., arXiv 2210.02747",
  options,
  defaults: { batch: 256, length: { steps: 4000 }, learningRate: 5e-3 },
  build({ hidden, eulerSteps }, { kind, shape }) {
    if (kind !== "points") throw new OptionError(`flow-matching: learns from points - got data of kind ${kind}`);
    const [d] = shape;
    return {
      nets: { velocity: mlp([d + 1, ...hidden, d]) },
      steps: [
        {
          name: "flow",
          updates: ["velocity"],
          optimizer: (rate) => adam({ learningRate: rate }),
          loss: (x1, scope) => {
            const x0 = scope.noise("x0", "normal", x1.shape);
            const t = scope.noise("t", "uniform", [x1.shape[0], 1]);
            const along = sub(x1, x0);
            const error = sub(velocity(scope.nets.velocity, add(x0, mul(t, along)), t), along);
            return { loss: mean(sum(square(error), { axes: [1] })) };
          },
        },
      ],
      maps: {
        sampler: {
          inputs: { noise: shape },
          outputs({ noise }, { nets }) {
            let x = noise;
            for (let i = 0; i < eulerSteps; i++) {
              x = add(x, mul(velocity(nets.velocity, x, constant(scalar(i / eulerSteps))), 1 / eulerSteps));
            }
            return { point: x };
          },
        },
      },
      generator: { map: "sampler", input: "noise", output: "point", noise: "normal", shape },
    };
  },
});

// Run by itself it trains, and leaves a run with ONNX files; imported, as by zaya train --recipe, it does not.
const [, script, out = "runs/flow-matching", steps = "4000"] = process.argv;
if (import.meta.url === pathToFileURL(script ?? "").href) {
  const { FolderStore, nodeEngine, openData } = await import("zaya/node");
  const { train } = await import("zaya/train");
  const settings = { engine: await nodeEngine(), store: new FolderStore(out) };
  for await (const event of train(flowMatching(), await openData("ring8"), { steps: Number(steps) }, settings)) {
    if (event.type === "step" && event.step % 500 === 0) console.log(event.step, event.losses["flow/loss"].toFixed(3));
    if (event.type === "done") console.log(`see ${out}/report.html; ${out}/export/sampler.onnx draws points`);
  }
}
