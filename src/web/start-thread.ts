import { EngineError } from "../base/errors.ts";
import type { StartThread, ThreadOptions } from "../runtime/index.ts";

/** Message of a thread that has been loaded. */
export const loaded = "loaded";

/** Milliseconds in which a thread must have been loaded. On a machine with a load of 50 it took up to two seconds. */
const patience = 15_000;

/** Starts a kernel thread in a separate Worker, and waits until it has been loaded. */
const startThread: StartThread = async (listener) => {
  const worker = new Worker(new URL("./kernel-thread.js", import.meta.url), { type: "module" });
  const came = await new Promise<boolean>((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), patience);
    worker.addEventListener("message", ({ data }) => {
      if (data !== loaded) return listener.heard(data);
      clearTimeout(timer);
      resolve(true);
    });
    worker.addEventListener("error", ({ message }) => {
      // The error of a script that cannot be fetched has no message.
      const reason = message || "its script could not be loaded";
      listener.died(reason);
      reject(
        new EngineError(
          `wasm: a thread must start - got: ${reason}`,
          "the page must serve the script of its threads and allow Workers; or use one thread: threads: 1",
        ),
      );
    });
  });
  if (!came) worker.terminate();
  return came ? { post: (message) => worker.postMessage(message), end: () => worker.terminate() } : null;
};

/**
 * Threads for `wasmEngine`, by default as many as the machine has cores, in a Worker of a cross-origin isolated page:
 * only there may threads share memory, and the page itself may not block on them. Undefined elsewhere.
 */
export function browserThreads(threads = navigator.hardwareConcurrency): ThreadOptions | undefined {
  const canWait = !("document" in globalThis);
  return crossOriginIsolated && canWait ? { threads, start: startThread } : undefined;
}
