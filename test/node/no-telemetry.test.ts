import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

let home: string;
beforeAll(async () => void (home = await mkdtemp(join(tmpdir(), "zaya-home-"))));
afterAll(() => rm(home, { recursive: true, force: true }));

it("ONNX Runtime's telemetry is disabled: it stores no device id", async () => {
  // A process of its own, whose environment says nothing to ONNX Runtime: it is silent where CI is set.
  const program = `
    import { nodeEngine } from ${JSON.stringify(join(root, "dist", "node", "index.js"))};
    import { add } from ${JSON.stringify(join(root, "dist", "ops", "index.js"))};
    import { input } from ${JSON.stringify(join(root, "dist", "graph", "tensor.js"))};
    const engine = await nodeEngine({ device: "cpu" });
    const compiled = await engine.compile({ outputs: { y: add(input("x", [1]), 1) } });
    const { y } = await compiled.run({ x: { dtype: "float32", shape: [1], data: Float32Array.of(1) } });
    console.log(y.data[0]);`;
  const env = { PATH: process.env["PATH"], HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
  expect(stdout).toBe("2\n");
  expect(await readdir(home)).toEqual([]);
}, 60_000);
