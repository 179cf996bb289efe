// A VAE on a folder of images, as a library: node examples/train-on-images.js FOLDER OUT [STEPS]
import { vae } from "zaya/models";
import { FolderStore, images, nodeEngine } from "zaya/node";
import { train } from "zaya/train";

const [folder, out, steps = "2000"] = process.argv.slice(2);
const data = await images(folder, { size: 32 });
const model = vae({ arch: "conv", likelihood: "gaussian", latent: 16 });
const settings = { engine: await nodeEngine(), store: new FolderStore(out) };

for await (const event of train(model, data, { steps: Number(steps), seed: 7 }, settings)) {
  if (event.type === "step" && event.step % 100 === 0) {
    const losses = Object.entries(event.losses).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    console.log(`step ${event.step} of ${event.steps}: ${losses.join(", ")}`);
  }
  if (event.type === "done")
    console.log(`${event.result.test.elbo.value.toFixed(2)} nats per image; see ${out}/report.html`);
}
