import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

import type { ThreadHost, ThreadListener } from "../runtime/index.ts";

/** Starts a kernel thread in a Worker, which does not keep the process alive once it has answered. */
export const startThread = (listener: ThreadListener): ThreadHost => {
  // Resolved by the name in package.json, so that the same file is used from sources and from the build.
  const worker = new Worker(createRequire(import.meta.url).resolve("#kernel-thread"));
  worker.on("message", (message) => {
    worker.unref();
    listener.heard(message);
  });
  worker.on("error", (error) => listener.died(error.message));
  worker.on("exit", (code) => listener.died(`it ended with code ${code}`));
  return {
    post: (message) => {
      worker.ref();
      worker.postMessage(message);
    },
    end: () => void worker.terminate(),
    isDead: () => {
      // Known before the exit event arrives: for a stopped thread, Node reports an idle time of -1 or zeros only.
      const { idle, active } = worker.performance.eventLoopUtilization();
      return idle < 0 || active === 0;
    },
  };
};
