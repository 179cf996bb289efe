// A page for one side of one workload, which runs in a Worker: `ask` is called by bench/browser.js.
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const waiting = [];
worker.addEventListener("message", ({ data }) => waiting.shift()(data));
worker.addEventListener("error", ({ message }) => waiting.shift()?.({ error: `the Worker failed: ${message}` }));
globalThis.ask = (message) =>
  new Promise((resolve) => {
    waiting.push(resolve);
    worker.postMessage(message);
  });
globalThis.ready = true;
