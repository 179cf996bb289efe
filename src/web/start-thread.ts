import type { StartThread, ThreadOptions } from "../runtime/index.ts";

/** Starts a thread for kernels in a Worker of its own. */
const startThread: StartThread = (listener) => {
  const worker = new Worker(new URL("./kernel-thread.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => listener.heard(data));
  worker.addEventListener("error", ({ message }) => listener.died(message));
  return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
};

/**
 * As many threads as the machine has cores, in a Worker of a page that is isolated from others: only there a browser lets
 * threads share memory, and a page itself may not wait for them. Undefined elsewhere.
 */
export function browserThreads(): ThreadOptions | undefined {
  const canWait = !("document" in globalThis);
  return crossOriginIsolated && canWait ? { threads: navigator.hardwareConcurrency, start: startThread } : undefined;
}
