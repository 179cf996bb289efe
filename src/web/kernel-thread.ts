// Entry point of a thread that runs an engine's kernels.
import { type ToThread, serveThread } from "../runtime/thread.ts";
import { loaded } from "./start-thread.ts";

const serve = serveThread((message) => postMessage(message));

addEventListener("message", ({ data }: MessageEvent<ToThread>) => serve(data));
postMessage(loaded);
