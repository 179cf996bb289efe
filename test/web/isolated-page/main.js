// A page whose Workers may share memory: each training runs in a Worker of its own.
globalThis.train = (name, threads) =>
  new Promise((resolve) => {
    const worker = new Worker(new URL("./train-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      resolve(data);
      worker.terminate();
    });
    worker.addEventListener("error", ({ message }) => resolve({ error: message }));
    worker.postMessage({ name, threads });
  });
globalThis.ready = true;
