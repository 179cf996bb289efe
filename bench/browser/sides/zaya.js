import { version } from "../../../dist/base/version.js";
import { webEngine } from "../../../dist/web/index.js";

export async function open({ program, values, feedsOf, threads }) {
  const engine = await webEngine({ threads });
  const compiled = await engine.compile(program);
  const state = engine.createState(values);
  let count = 0;
  return {
    version,
    note: `wasm, ${threads} threads`,
    step: async () => lossOf(await compiled.run(feedsOf(count++), state)),
  };
}

/** Of the first net that is updated. */
export const lossOf = (outputs) => Object.entries(outputs).find(([name]) => name.endsWith("/loss"))[1].data[0];
