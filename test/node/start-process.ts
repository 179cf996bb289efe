import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..", "..");

export interface StartedProcess {
  readonly pid: number;
  /** The first line it printed. */
  readonly line: string;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Runs a module in a process of its own, until its first line of output. Paths are from the root of the repository. */
export async function startProcess(source: string): Promise<StartedProcess> {
  const folder = await mkdtemp(join(tmpdir(), "zaya-process-"));
  const file = join(folder, "main.mjs");
  const bundle = await rolldown({
    input: "main",
    platform: "node",
    plugins: [
      {
        name: "source",
        resolveId: (id) => (id === "main" ? join(root, "main.ts") : null),
        load: (id) => (id === join(root, "main.ts") ? source : null),
      },
    ],
  });
  await bundle.write({ file });
  await bundle.close();
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [line] = (await Promise.race([once(child.stdout, "data"), exited])) as unknown[];
  return {
    pid: child.pid!,
    line: String(line).trim(),
    async kill() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
