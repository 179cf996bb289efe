import { browserThreads, wasmEngine } from "zaya/web";
import { digestOf } from "../../kernels/trainings.js";

addEventListener("message", async ({ data: { name, threads } }) => {
  try {
    const options = browserThreads(threads);
    postMessage({ digest: await digestOf(name, wasmEngine({ threads: options })), threads: options?.threads ?? 1 });
  } catch (error) {
    postMessage({ error: error.message });
  }
});
