// Entry point of a thread that runs an engine's kernels.
import { parentPort } from "node:worker_threads";

import { serveThread } from "../runtime/thread.ts";

parentPort!.on(
  "message",
  serveThread((message) => parentPort!.postMessage(message)),
);
