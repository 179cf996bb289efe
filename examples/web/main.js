// A page that trains: `npx vite examples/web` serves it from this repository; with zaya installed, from anywhere.
import { gan } from "zaya/models";
import { OpfsStore, resumeInWorker, trainInWorker } from "zaya/web";

const store = "ring8";
const data = { name: "ring8" };
const [status, picture, stop, link] = ["status", "picture", "stop", "export"].map((id) => document.getElementById(id));

const begun = (await OpfsStore.names()).includes(store);
const training = begun
  ? resumeInWorker(store, data)
  : trainInWorker(gan({ hidden: [64, 64] }), data, { steps: 2000, seed: 7 }, { store });
stop.addEventListener("click", () => training.stop());

const show = async (file) => {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(new Blob([await training.read(file)], { type: "image/png" }));
};

try {
  for await (const event of training) {
    if (event.type === "step") status.textContent = `Step ${event.step} of ${event.steps}`;
    if (event.type === "picture") void show(event.file);
    if (event.type === "warning") status.textContent = `${event.evidence}: ${event.hint}`;
    if (event.type === "interrupted") status.textContent = `Stopped at step ${event.step}; reload to go on.`;
    if (event.type === "done") {
      status.textContent = `Done after ${event.result.steps} steps.`;
      link.href = URL.createObjectURL(new Blob([await training.read("export/generator.onnx")]));
      link.hidden = false;
      // After a reload the last picture may be of an earlier session.
      await show((await training.list()).findLast((file) => /^samples\/\d/.test(file)));
    }
  }
} catch (error) {
  status.textContent = `${error.message}${error.hint ? ` (${error.hint})` : ""}`;
}
