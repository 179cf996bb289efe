import { expect, it } from "vitest";

import { changedEnvironment } from "../../src/run/environment.ts";
import type { Run } from "../../src/run/run.ts";

const began = { zaya: "0.2.0", onnxruntime: "1.30.0", platform: "linux x64", threads: "2", node: "20.20.2" };
const runOn = (device: string) => ({ config: { device }, state: { versions: began } }) as unknown as Run;

it("reports changes of what a run's numbers depend on", () => {
  expect(changedEnvironment(runOn("kernels"), "kernels", { ...began, node: "24.21.0" })).toBeNull();
  expect(changedEnvironment(runOn("kernels"), "kernels", { ...began, threads: "4" })).toBe(
    "the run started with threads 2 and continues with threads 4: the last digits of its numbers may differ",
  );
  expect(changedEnvironment(runOn("kernels"), "wasm", { ...began, threads: "4" })).toContain(
    "started with device kernels, threads 2 and continues with device wasm, threads 4",
  );
  expect(changedEnvironment(runOn("wasm"), "wasm", { ...began, threads: "4", platform: "none" })).toBeNull();
  expect(changedEnvironment(runOn("wasm"), "wasm", { ...began, zaya: "0.3.0" })).toContain("continues with zaya 0.3.0");
});
