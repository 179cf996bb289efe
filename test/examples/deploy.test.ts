import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { promisify } from "node:util";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { key, uniform } from "../../src/base/random.ts";
import { vae } from "../../src/models/index.ts";
import { FolderStore } from "../../src/node/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";
import { noBrowser, openBrowser } from "../browser.ts";
import { runOnnx } from "../onnx-file.ts";
import { images, splitOf } from "../train/hand-made.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
const example = (name: string) => join(root, "examples", "deploy", name);

const python = spawnSync("python3", ["-c", "import onnxruntime"]).status === 0 ? "python3" : null;

/** Random numbers that anyone can make again. */
const park = `{ let state = 1; Math.random = () => (state = (state * 16807) % 2147483647) / 2147483647; }`;

const [height, width] = [6, 10];
let folder: string;
/** The picture [h, w, 3] that those random numbers are made into. */
let expected: number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-deploy-"));
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const data = splitOf(images("A", uniform(key(1), [24, height, width, 3])));
  const settings = { engine, store: new FolderStore(folder) };
  const options = { steps: 30, batch: 8, seed: 1, sampleEvery: 100 };
  for await (const _ of train(vae({ hidden: [16], latent: 4 }), data, options, settings));
  let state = 1;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const z = Float32Array.from({ length: 4 }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
  const bytes = await readFile(join(folder, "export", "decoder.onnx"));
  const [made] = await runOnnx(bytes, { z: { dtype: "float32", shape: [1, 4], data: z } });
  const { data: values } = made!.image!;
  const size = height * width;
  expected = Array.from({ length: 3 * size }, (_, i) => Math.round(255 * values[(i % 3) * size + Math.floor(i / 3)]!));
  expect(new Set(expected).size).toBeGreaterThan(20);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const largestGap = (pixels: readonly number[]) => Math.max(...pixels.map((byte, i) => Math.abs(byte - expected[i]!)));

describe("docs/deploy.md", () => {
  it.each(["page.html", "sample.js", "sample.py"])("quotes examples/deploy/%s exactly", async (name) => {
    const doc = await readFile(join(root, "docs", "deploy.md"), "utf8");
    expect(doc).toContain(`\`\`\`${extname(name).slice(1)}\n${await readFile(example(name), "utf8")}\`\`\``);
  });

  it("draws a sample in Node", async () => {
    await writeFile(join(folder, "random.cjs"), park);
    const words = ["--require", join(folder, "random.cjs"), example("sample.js")];
    await run(process.execPath, words, { cwd: join(folder, "export") });
    const { data, info } = await sharp(join(folder, "export", "sample.png"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([width, height, 3]);
    expect(largestGap([...data])).toBeLessThanOrEqual(1);
  });

  it.skipIf(python === null)(
    `draws a sample in Python${python === null ? " (no python3 with onnxruntime)" : ""}`,
    async () => {
      await run(python!, [example("sample.py")], { cwd: join(folder, "export") });
      const bytes = await readFile(join(folder, "export", "sample.ppm"));
      const head = `P6 ${width} ${height} 255\n`;
      expect(bytes.subarray(0, head.length).toString()).toBe(head);
      expect(bytes.length).toBe(head.length + width * height * 3);
      expect(new Set(bytes.subarray(head.length)).size).toBeGreaterThan(20);
    },
  );

  it.skipIf(noBrowser !== null)(
    `draws a sample on a page${noBrowser === null ? "" : ` (${noBrowser})`}`,
    async () => {
      const server = await serve();
      const opened = await openBrowser();
      try {
        const page = await opened.newPage();
        const problems: string[] = [];
        page.on("pageerror", (error) => problems.push(error.message));
        await page.addInitScript(park);
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`);
        const drawn = `document.querySelector("canvas").width === ${width}`;
        await page.waitForFunction(drawn, undefined, { timeout: 20_000 }).catch(() => {
          throw new Error(`nothing was drawn: ${problems.join(", ")}`);
        });
        const context = `document.querySelector("canvas").getContext("2d")`;
        const pixels: number[] = await page.evaluate(`[...${context}.getImageData(0, 0, ${width}, ${height}).data]`);
        expect(pixels.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
        expect(largestGap(pixels.filter((_, i) => i % 4 !== 3))).toBeLessThanOrEqual(1);
      } finally {
        await opened.close();
        server.close();
      }
    },
    60_000,
  );
});

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** What a folder would serve that holds the page, the exported files and node_modules. */
async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const file =
      path === "/index.html"
        ? example("page.html")
        : join(path.startsWith("/node_modules/onnxruntime-web/") ? root : join(folder, "export"), path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    readFile(file).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
