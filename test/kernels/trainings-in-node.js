// The training runs in Node. To be run by hand with versions of Node that the tests do not use: npm install node@22 elsewhere, then
// `.../bin/node test/kernels/trainings-in-node.js`.
import { nodeEngine } from "zaya/node";
import { digestOf, trainings } from "./trainings.js";

export async function digestInNode(name, threads) {
  return digestOf(name, await nodeEngine({ device: "wasm", threads }));
}

if (process.argv[1]?.endsWith("trainings-in-node.js")) {
  for (const [name, { digest }] of Object.entries(trainings)) {
    for (const threads of [1, 2, 4]) {
      const found = await digestInNode(name, threads);
      const verdict = found === digest ? "as expected" : `but ${digest} is expected`;
      console.log(`Node ${process.versions.node}, ${name}, ${threads} threads: ${found}, ${verdict}`);
    }
  }
}
