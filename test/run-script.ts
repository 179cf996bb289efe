import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const entry = join(root, "main.ts");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ScriptOptions {
  /** The whole environment; that of this process if not given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Which package is ONNX Runtime. */
  readonly onnxruntime?: "onnxruntime-node" | "onnxruntime-web";
}

/** Runs a module in a process of its own until it ends. Paths in it are from the root of the repository. */
export async function runScript(
  source: string,
  { env = process.env, node = [], onnxruntime = "onnxruntime-node" }: ScriptOptions = {},
): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), "zaya-script-"));
  try {
    const file = join(folder, "main.mjs");
    const bundle = await rolldown({
      input: "main",
      platform: "node",
      plugins: [
        {
          name: "script",
          resolveId: (id) => {
            if (id === "main") return entry;
            // The package finds its binary beside itself.
            if (id === "#onnxruntime")
              return { id: pathToFileURL(createRequire(entry).resolve(onnxruntime)).href, external: true };
            return null;
          },
          load: (id) => (id === entry ? source : null),
        },
      ],
    });
    await bundle.write({ file });
    await bundle.close();
    return await finished(file, env, node);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function finished(
  file: string,
  env: NonNullable<ScriptOptions["env"]>,
  node: readonly string[],
): Promise<Finished> {
  const child = spawn(process.execPath, [...node, file], { stdio: ["ignore", "pipe", "pipe"], env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}
