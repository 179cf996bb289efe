import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { decodeSafetensors } from "../../src/codec/safetensors.ts";
import { type GeneratedDataset, ring8 } from "../../src/data/index.ts";
import { gan } from "../../src/models/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";
import { noBrowser, openPage } from "../browser.ts";
import { isLast } from "../kernels/trainings.js";
import { noFirefox, openFirefoxPage } from "../firefox.ts";
import "../tolerance.ts";

interface Answer {
  readonly bytes?: readonly number[];
  readonly device?: string;
  readonly versions?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly hint?: string;
}

const pages = join(import.meta.dirname, "pages");
const options = { hidden: [16] };
const training = { steps: 3, batch: 32, seed: 7 };
const words = JSON.stringify(["webgpu", "gan", options, { name: "ring8" }, training]);

/** A graphics device in software, which Chromium brings along. */
const swiftShader = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

async function parametersInNode(steps: number) {
  const store = new MemoryStore();
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const data = (ring8 as GeneratedDataset).generate();
  for await (const _ of train(gan(options), data, { ...training, steps }, { engine, store }));
  const file = (await store.list("checkpoints")).findLast(isLast)!;
  return decodeSafetensors(await store.read(file), file).tensors;
}

describe.skipIf(noBrowser !== null)(`webgpu in Chromium${noBrowser === null ? "" : ` (${noBrowser})`}`, () => {
  it("trains a GAN to the parameters of ONNX Runtime in Node", { timeout: 180_000 }, async () => {
    const { page, close } = await openPage(pages, { flags: swiftShader });
    const loaded: string[] = [];
    page.context().on("request", (request) => loaded.push(request.url()));
    const found = await page.evaluate<Answer>(`page.parameters(...${words})`);
    await close();
    expect(found.error).toBeUndefined();
    expect(found).toMatchObject({ device: "webgpu", versions: { onnxruntime: expect.any(String), threads: "1" } });
    expect(loaded.join()).toContain(".wasm");
    const { tensors } = decodeSafetensors(Uint8Array.from(found.bytes!), "the page");
    const [expected, before] = [await parametersInNode(training.steps), await parametersInNode(1)];
    expect(Object.keys(tensors)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      expect(tensors[name], name).toBeAllclose(value, { relative: 1e-4, absolute: 1e-5 });
    }
    const moved = Object.entries(before).flatMap(([name, { data }]) =>
      Array.from(data, (value, i) => Math.abs(value - tensors[name]!.data[i]!)),
    );
    expect(Math.max(...moved), "a hundred times the tolerance").toBeGreaterThan(1e-3);
  });

  it("reports a missing adapter", { timeout: 60_000 }, async () => {
    const { page, close } = await openPage(pages);
    const found = await page.evaluate<Answer>(`page.parameters(...${words})`);
    await close();
    expect(found).toMatchObject({ hint: expect.stringContaining('device "wasm"') });
    expect(found.error).toMatch(/^webgpu: no graphics adapter was found - got WebGPU without an adapter/);
  });
});

it.skipIf(noFirefox !== null)(
  `webgpu reports a missing adapter in Firefox${noFirefox === null ? "" : ` (${noFirefox})`}`,
  { timeout: 60_000 },
  async () => {
    const { page, close } = await openFirefoxPage(pages);
    const found = (await page.evaluate(`page.parameters(...${words})`)) as Answer;
    await close();
    expect(found).toMatchObject({ hint: expect.stringContaining('device "wasm"') });
    expect(found.error).toMatch(/^webgpu: no graphics adapter was found - got /);
  },
);
