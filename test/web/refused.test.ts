import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { type OpenedPage, noBrowser, openPage } from "../browser.ts";

interface Answer {
  readonly error?: string;
  readonly hint?: string;
  readonly versions?: Readonly<Record<string, string>>;
  readonly warnings?: readonly unknown[];
}

const pages = join(import.meta.dirname, "pages");

async function withPage<T>(
  options: Parameters<typeof openPage>[1],
  use: (opened: OpenedPage) => Promise<T>,
): Promise<T> {
  const opened = await openPage(pages, options);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

function training(hidden: number): string {
  return `page.parameters("wasm", "gan", { hidden: [${hidden}, ${hidden}] }, { name: "ring8" }, { steps: 2 })`;
}

const run = (hidden: number) => (opened: OpenedPage) => opened.page.evaluate<Answer>(training(hidden));

describe.skipIf(noBrowser !== null)(`a browser's page reports${noBrowser === null ? "" : ` (${noBrowser})`}`, () => {
  it.skipIf(process.arch !== "x64")("that WebAssembly has no SIMD", async () => {
    const flags = ["--disable-gpu", "--js-flags=--no-enable-sse4-1 --no-enable-ssse3"];
    const found = await withPage({ flags }, run(8));
    expect(found.error).toMatch(/^wasm: needs SIMD instructions in WebAssembly, which this browser/);
  });

  it("that its memory is too small", async () => {
    const flags = ["--disable-gpu", "--js-flags=--wasm-max-mem-pages=200"];
    const found = await withPage({ flags }, run(1024));
    expect(found.error).toMatch(/^wasm: could not allocate a WebAssembly memory of 0\.\d GiB/);
    expect(found.hint).toContain("smaller batch");
  });

  it("that the script of its Worker cannot be loaded", async () => {
    const found = await withPage({ missing: /\/worker-[^/]*\.js/ }, run(8));
    expect(found.error).toBe("the Worker failed: its script could not be loaded");
  });

  it("that the script of its threads cannot be loaded", async () => {
    const found = await withPage({ isolated: true, missing: /\/kernel-thread-[^/]*\.js/ }, run(64));
    expect(found.error).toBe("wasm: a thread must start - got: its script could not be loaded");
  });
});

it.skipIf(noBrowser !== null)("a page whose threads do not start trains on one thread, and says so", async () => {
  const found = await withPage({ isolated: true, stalled: /\/kernel-thread-[^/]*\.js/ }, run(64));
  expect(found.error).toBeUndefined();
  expect(found.warnings).toEqual([
    expect.objectContaining({
      symptom: "engine",
      evidence: expect.stringContaining("one thread: the others did not start in time"),
      hint: expect.stringContaining("--threads 1"),
    }),
  ]);
});

it.skipIf(noBrowser !== null)("a page without shared memory trains on one thread", async () => {
  const found = await withPage({}, run(8));
  expect(found.error).toBeUndefined();
  expect(found.versions).toMatchObject({ threads: "1" });
});
