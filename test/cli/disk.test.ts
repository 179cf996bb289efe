import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, program, readJson, resultOf, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
});
afterAll(() => work.remove());

/** A disk of its own, where this user may mount one. */
function mount(path: string, options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const mountable = await (async () => {
  const { folder: probe, remove } = await workFolder();
  const done = mount(probe, "size=64k");
  if (done) execFileSync("umount", [probe]);
  await remove();
  return done;
})();

async function onDisk(name: string, options: string, body: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(folder, name);
  await mkdir(disk);
  expect(mount(disk, options)).toBe(true);
  try {
    await body(disk);
  } finally {
    execFileSync("umount", [disk]);
  }
}

describe.runIf(mountable)("a full disk", () => {
  it("is reported at the start, and nothing is written", async () => {
    await onDisk("full", "size=64k", async (disk) => {
      await writeFile(join(disk, "filler"), new Uint8Array(64 * 1024));
      const { code, stderr } = await zaya(folder, ...tiny, "--steps", "3", "--out", "full/runs/a");
      expect(stderr).toContain("the disk must have room - got ENOSPC");
      expect(code).toBe(2);
      expect(await filesIn(disk)).toEqual(["filler"]);
    });
  });

  it("stops a run with everything saved intact; once there is space again, it can be resumed", async () => {
    await onDisk("filling", "size=400k", async (disk) => {
      const words = [...tiny, "--steps", "60", "--checkpoint-every", "5", "--keep", "100", "--out", "filling/a"];
      const { code, stderr } = await zaya(folder, ...words);
      expect(stderr).toContain("got ENOSPC for");
      expect(stderr).toContain("the disk is full");
      expect(code).toBe(2);
      const files = await filesIn(join(disk, "a"));
      const checkpoints = files.filter((name) => /^checkpoints\/\d+\/$/.test(name));
      expect(checkpoints.length).toBeGreaterThan(0);
      for (const checkpoint of checkpoints) {
        for (const file of ["params.safetensors", "optimizer.safetensors", "state.json"]) {
          expect(files).toContain(checkpoint + file);
        }
      }
      expect(files.filter((name) => name.includes(".tmp") || name.endsWith(".lock"))).toEqual([]);
      // The newest one can be read as it is.
      expect((await zaya(folder, "sample", "filling/a", "--out", "from-full.png")).code).toBe(0);
      execFileSync("mount", ["-o", "remount,size=8m", disk]);
      const resumed = await zaya(folder, "resume", "filling/a");
      expect(resumed.stderr).toBe("");
      expect(resumed.code).toBe(0);
      expect(await readJson(disk, "a", "run.json")).toMatchObject({ status: "done", step: 60 });
    });
  });

  it("fails trials of a sweep with the reason and intact checkpoints; once there is space, they end with the same bytes", async () => {
    const sweep = (out: string) => ["sweep", "full.yaml", "--out", out, "--jobs", "1", "--json"];
    const parameters = "{hidden: {value: [8]}, latent: 2, batch: 8, steps: 60, checkpointEvery: 5, keep: 100}";
    await writeFile(
      join(folder, "full.yaml"),
      `recipe: vae\ndata: tiny.npy\nmethod: grid\nmetric: {name: elbo}\nparameters: ${parameters}\n`,
    );
    await onDisk("sweeping", "size=500k", async (disk) => {
      const full = resultOf(await zaya(folder, ...sweep("sweeping")));
      expect(full).toMatchObject({ status: "done", done: 0, failed: 1 });
      expect(full.failures[0]).toMatch(/the disk must have room - got ENOSPC .*\(3 attempts\)/);
      execFileSync("mount", ["-o", "remount,size=16m", disk]);
      const resumed = resultOf(await zaya(folder, "sweep", "resume", "full", "--out", "sweeping", "--json"));
      expect(resumed).toMatchObject({ status: "done", done: 1, failed: 0 });
      const [id] = await readdir(join(disk, "trials")).then((names) => names.filter((name) => !name.includes(".")));
      expect(resultOf(await zaya(folder, ...sweep("roomy")))).toMatchObject({ done: 1 });
      for (const file of ["params", "optimizer"]) {
        const path = join("trials", id!, "checkpoints/000060", `${file}.safetensors`);
        expect(await readFile(join(disk, path))).toEqual(await readFile(join(folder, "roomy", path)));
      }
      expect((await filesIn(disk)).filter((name) => name.endsWith(".tmp") || name.endsWith(".lock"))).toEqual([]);
    });
  }, 120_000);

  it("writes no partial file", async () => {
    expect((await zaya(folder, ...tiny, "--steps", "3", "--out", "small", "--quiet")).code).toBe(0);
    await onDisk("tight", "size=64k", async (disk) => {
      const { code, stderr } = await zaya(folder, "sample", "small", "-n", "2000", "--out", "tight/a.npy");
      expect(stderr).toContain("ENOSPC");
      expect(code).toBe(2);
      expect(await filesIn(disk)).toEqual([]);
    });
  });
});

describe.runIf(mountable)("a disk that becomes full", () => {
  /** Commands on a run `kept` beside the disk, and on its copy `held` on it. */
  const commands = [
    ["resume", "held", "--steps", "9"],
    ["sample", "held", "--out", "held.png"],
    ["sample", "kept", "-n", "2", "--out", "new/deep/"],
    ["export", "held"],
    ["export", "kept", "--out", "new/onnx"],
    ["report", "held"],
    ["eval", "held"],
    ["compare", "held", "kept", "--out", "new/compared.html"],
    ["reconstruct", "kept", "--out", "new/a.png"],
    ["traverse", "kept", "--out", "new/b.png"],
  ];

  it.each([
    ["full", "the disk must have room - got ENOSPC", commands],
    ["read-only", "the disk must be writable - got EROFS", commands.filter((_, i) => i % 3 === 0 || i > 4)],
  ] as const)(
    "leaves no partial output of a command, which reports the error: %s",
    { timeout: 120_000 },
    async (kind, reason, all) => {
      const kept = join(folder, `kept-${kind}`);
      expect((await zaya(folder, ...tiny, "--steps", "3", "--out", kept, "--quiet")).code).toBe(0);
      await onDisk(`taking-${kind}`, "size=1m", async (disk) => {
        await cp(kept, join(disk, "held"), { recursive: true });
        if (kind === "read-only") execFileSync("mount", ["-o", "remount,ro", disk]);
        else await writeFile(join(disk, "filler"), new Uint8Array(1 << 20)).catch(() => undefined);
        const before = await filesIn(disk);
        for (const words of all) {
          const placed = words.map((word) =>
            word === "kept" ? kept : /^(new|held)\b/.test(word) ? join(disk, word) : word,
          );
          const { code, stderr } = await zaya(folder, ...placed);
          expect(stderr, words.join(" ")).toContain(reason);
          expect(code, words.join(" ")).toBe(2);
          if (kind === "read-only") {
            // What is written into a run needs a copy of it; what is written elsewhere, another place.
            const copies = words[1] === "held" && !words.includes("--out");
            expect(stderr, words.join(" ")).toContain(copies ? `cp -r ${placed[1]} FOLDER` : "folder on another disk");
          }
          expect(await filesIn(disk), words.join(" ")).toEqual(before);
        }
      });
    },
  );

  it("leaves no partial export", async () => {
    expect((await zaya(folder, ...tiny, "--steps", "3", "--out", "halves", "--quiet")).code).toBe(0);
    // Room for the two nets, and not for what describes them.
    await onDisk("tighter", "size=8k", async (disk) => {
      const { code, stderr } = await zaya(folder, "export", "halves", "--out", join(disk, "onnx"));
      expect(stderr).toContain("onnx/model.json");
      expect(code).toBe(2);
      expect(await filesIn(disk)).toEqual(["onnx/"]);
    });
  });
});

describe.runIf(mountable)("a read-only disk", () => {
  it("is reported", async () => {
    await onDisk("fixed", "size=64k,ro", async (disk) => {
      const { code, stderr } = await zaya(folder, ...tiny, "--steps", "3", "--out", "fixed/a");
      expect(stderr).toContain("the disk must be writable - got EROFS");
      expect(code).toBe(2);
      expect(await filesIn(disk)).toEqual([]);
    });
  });
});

describe.runIf(process.getuid !== undefined && process.getuid() !== 0)("a folder without permission to write", () => {
  it("is reported", async () => {
    await mkdir(join(folder, "closed"), { mode: 0o555 });
    const { code, stderr } = await zaya(folder, ...tiny, "--steps", "3", "--out", "closed/a");
    expect(stderr).toContain("got EACCES");
    expect(code).toBe(2);
    await rm(join(folder, "closed"), { recursive: true });
  });
});

describe.runIf(process.platform === "linux")("an output that cannot be written", () => {
  it.each([
    ["list"],
    ["data", "tiny.npy", "--json"],
    [...tiny, "--steps", "2", "--json", "--out", "full-json"],
    [...tiny, "--steps", "2", "--out", "full"],
  ])("is reported on stderr, with exit code 2: %s", async (...words) => {
    const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: [...stdio] });
    let stderr = "";
    child.stderr!.on("data", (text) => (stderr += String(text)));
    const [code] = await once(child, "close");
    expect(stderr).toContain("error: the disk that stdout is redirected to is full (ENOSPC)");
    expect(stderr.match(/error:/g)).toHaveLength(1);
    expect(code).toBe(2);
  });
});
