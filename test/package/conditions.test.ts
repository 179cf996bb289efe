import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type OutputChunk, rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

// What a bundler for pages and for workers makes of the package: nothing but zaya/node needs Node.

const root = join(import.meta.dirname, "..", "..");
const { exports: subpaths } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  exports: Record<string, unknown>;
};
const universal = Object.keys(subpaths).filter((subpath) => !["./node", "./package.json"].includes(subpath));

/** Bundles a program under a condition; returns its code. */
async function bundled(program: string, condition: string): Promise<string> {
  const bundle = await rolldown({
    input: "entry",
    cwd: root,
    platform: "browser",
    logLevel: "silent",
    resolve: { conditionNames: [condition, "import"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? join(root, "entry.js") : null),
        load: (id) => (id === join(root, "entry.js") ? program : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm" });
  return output.flatMap((chunk) => (chunk.type === "chunk" ? [(chunk as OutputChunk).code] : [])).join("\n");
}

describe.each(["browser", "worker"])("under the condition %s", (condition) => {
  it("every subpath but zaya/node is bundled, without Node and ONNX Runtime", async () => {
    const program = universal.map((subpath, i) => `export * as e${i} from "zaya${subpath.slice(1)}";`).join("\n");
    const code = await bundled(program, condition);
    expect(code.length).toBeGreaterThan(100_000);
    expect(code).not.toMatch(/from\s*"(node:[a-z/]+|onnxruntime-node|zaya[a-z/]*)"/);
  });
});
