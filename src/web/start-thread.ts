import type { StartThread, ThreadOptions } from "../runtime/index.ts";

/** Starts a thread for kernels in a Worker of its own. */
const startThread: StartThread = (listener) => {
  const worker = new Worker(new URL("./kernel-thread.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => listener.heard(data));
  worker.addEventListener("error", ({ message }) => listener.died(message));
  return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
};

/**
 * Threads for `wasmEngine`, by default as many as the machine has cores, in a Worker of a cross-origin isolated page:
 * only there may threads share memory, and the page itself may not block on them. Undefined elsewhere.
 */
export function browserThreads(threads = navigator.hardwareConcurrency): ThreadOptions | undefined {
  const canWait = !("document" in globalThis);
  return crossOriginIsolated && canWait ? { threads, start: startThread } : undefined;
}
