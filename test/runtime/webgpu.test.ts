import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ortEngine } from "../../src/runtime/index.ts";
import { type Finished, runScript } from "../run-script.ts";
import "../tolerance.ts";
import { type TinyRun, trainTinyVae } from "./tiny-vae.ts";

// Drivers are chosen by the environment, once for a process: each test has a process of its own.

/** Where Debian's chromium keeps SwiftShader, a Vulkan driver in software. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const driver = process.env.VK_ICD_FILENAMES ?? (existsSync(swiftShader) ? swiftShader : undefined);

const script = `
  import { ortEngine } from "./src/runtime/ort.ts";
  import { trainTinyVae } from "./test/runtime/tiny-vae.ts";
  try {
    const run = await trainTinyVae(ortEngine({ device: "webgpu", threads: 1 }), 3);
    console.log(JSON.stringify({ run }));
  } catch ({ name, message, hint }) {
    console.log(JSON.stringify({ error: { name, message, hint } }));
  }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-xdg-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The last line of what a process printed, as JSON. */
function answer({ code, stdout, stderr }: Finished): {
  run?: TinyRun;
  error?: { name: string; message: string; hint?: string };
} {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  expect(line, `exit code ${code}: ${stderr.slice(-500)}`).toMatch(/^\{.*\}$/);
  return JSON.parse(line) as ReturnType<typeof answer>;
}

describe("webgpu", () => {
  it("says on one line, with a hint, that there is no adapter", async () => {
    // A driver file that is not there hides whatever drivers the machine has.
    const none = {
      ...process.env,
      VK_ICD_FILENAMES: join(folder, "none.json"),
      VK_DRIVER_FILES: join(folder, "none.json"),
      XDG_RUNTIME_DIR: folder,
    };
    const { error } = answer(await runScript(script, { env: none }));
    expect(error?.name).toBe("EngineError");
    expect(error?.message).toMatch(/^webgpu: /);
    expect(error?.message).not.toContain("\n");
    expect(error?.hint).toContain("--device cpu");
  });

  const reason =
    driver === undefined
      ? " (skipped: no Vulkan driver; set VK_ICD_FILENAMES, or install chromium for SwiftShader)"
      : "";
  it.skipIf(driver === undefined)(`trains a small VAE as the CPU does${reason}`, async () => {
    // The driver's folder holds the Vulkan loader too, where the system has none.
    const libraries = [process.env.LD_LIBRARY_PATH, dirname(driver!)].filter(Boolean).join(":");
    const env = { ...process.env, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: folder, LD_LIBRARY_PATH: libraries };
    const { run, error } = answer(await runScript(script, { env }));
    expect(error).toBeUndefined();
    const reference = await trainTinyVae(ortEngine({ device: "cpu", threads: 1 }), 3);
    expect(run!.losses).toBeAllclose(reference.losses, { relative: 1e-4 });
    expect(Object.keys(run!.state)).toEqual(Object.keys(reference.state));
    for (const [name, values] of Object.entries(reference.state))
      expect(run!.state[name], name).toBeAllclose(values, { relative: 1e-4 });
  });
});
