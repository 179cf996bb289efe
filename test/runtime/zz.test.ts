import { it } from "vitest";
import { runScript } from "../run-script.ts";
it("x", async () => {
  const env = { ...process.env, VK_ICD_FILENAMES: "/usr/lib/chromium/vk_swiftshader_icd.json", XDG_RUNTIME_DIR: "/tmp/xdg", LD_LIBRARY_PATH: "/usr/lib/chromium" };
  const r = await runScript(`
  import { ortEngine } from "./src/runtime/ort.ts";
  import { input } from "./src/graph/tensor.ts"; import { mul, add, sum } from "./src/ops/index.ts";
  import { fromNumbers } from "./src/base/ndarray.ts";
  import { trainTinyVae } from "./test/runtime/tiny-vae.ts";
  const e = ortEngine({ device: "webgpu", threads: 1 });
  const c = await e.compile({ outputs: { s: sum(input("w", [4])) }, updates: { w: mul(input("w", [4]), 2) } });
  console.log("compiled");
  const st = e.createState({ w: fromNumbers([1,2,3,4]) });
  for (let i = 0; i < 3; i++) { console.log((await c.run({}, st)).s.data[0]); }
  console.log((await st.read()).w.data.join());
  st.dispose(); console.log("disposed");
  await c.release(); console.log("released");
  console.log(JSON.stringify((await trainTinyVae(e, 1)).losses));
`, { env });
  console.log(r);
}, 100000);
