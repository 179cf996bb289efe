import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { RunPage, RunRow } from "../../src/monitor/api.ts";
import { serveMonitor } from "../../src/monitor/serve.ts";
import { unpackRuns } from "../../src/monitor/zipped-runs.ts";
import { newFolder, writeRun } from "./run.ts";
import { type Packed, zipOf } from "./zip.ts";

const bytes = (text: string) => Buffer.from(text);

/** Entries for the files of a folder. */
async function packed(folder: string): Promise<Packed[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(paths.map(async (path) => ({ name: relative(folder, path), bytes: await readFile(path) })));
}

let folder: string;
/** What was unpacked lies in here. */
let temporary: string;
const usual = process.env["TMPDIR"];

beforeEach(async () => {
  folder = await newFolder();
  temporary = await newFolder();
  process.env["TMPDIR"] = temporary;
});

afterEach(async () => {
  if (usual === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = usual;
  // Nothing is left of it, however it ended.
  expect((await readdir(temporary)).filter((name) => name.startsWith("zaya-zip"))).toEqual([]);
});

async function write(entries: readonly Packed[]): Promise<string> {
  const path = join(folder, "runs.zip");
  await writeFile(path, zipOf(entries));
  return path;
}

describe("runs in a zip file", () => {
  it("are shown like those of a folder, read-only", async () => {
    await writeRun(join(folder, "one"), { points: 5 });
    const others = [
      { name: "one/checkpoints/000500/params.safetensors", bytes: bytes("weights") },
      { name: "holiday.txt", bytes: bytes("not of a run") },
    ];
    const monitor = await serveMonitor(await write([...(await packed(folder)), ...others]));
    const { origin, searchParams } = new URL(monitor.address);
    const entry = await fetch(`${origin}/?token=${searchParams.get("token")}`, { redirect: "manual" });
    const headers = { cookie: entry.headers.get("set-cookie")!.split(";")[0]! };
    const get = async (path: string) => (await fetch(`${origin}${path}`, { headers })).json();
    expect((await get("/api/runs")) as RunRow[]).toMatchObject([
      { id: "one", status: "done", results: { negElbo: 100 } },
    ]);
    expect((await get("/api/run?id=one")) as RunPage).toMatchObject({ control: null, samples: [{ step: 2 }] });
    const body = JSON.stringify({ id: "one" });
    const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body };
    expect((await fetch(`${origin}/api/resume`, init)).status).toBe(403);
    const unpacked = await readdir(temporary, { recursive: true });
    expect(unpacked.filter((name) => /safetensors|holiday/.test(name))).toEqual([]);
    await monitor.close();
  });

  const record = { name: "one/run.json", bytes: bytes('{"status":"done"}') };

  it.each<[string, Packed[], string]>([
    ["a way out of it", [{ name: "../../evil/run.json", bytes: bytes("{}") }], "without paths leading out of it"],
    ["an absolute path", [{ name: "/tmp/evil/run.json", bytes: bytes("{}") }], "without paths leading out of it"],
    ["an encrypted file", [{ ...record, encrypted: true }], "must not be encrypted - got one/run.json"],
    ["a method of compression that is not read", [{ ...record, method: 99 }], "compressed by method 99"],
    ["a file twice", [record, record], "must contain each file only once - got one/run.json twice"],
    [
      "more bytes than it says",
      [{ ...record, bytes: Buffer.alloc(1e6), claimed: 10 }],
      "must be an undamaged zip file",
    ],
    ["more than fits", [{ ...record, bytes: Buffer.alloc(2e6) }], "must have at most 0.000931 GiB"],
    [
      "more files than fit",
      Array.from({ length: 11 }, (_, i) => ({ name: `${i}/run.json`, bytes: bytes("{}") })),
      "more than 10 files",
    ],
  ])("are rejected with %s", async (_, entries, words) => {
    const path = await write(entries);
    await expect(unpackRuns(path, { bytes: 1e6, files: 10 })).rejects.toThrow(words);
    expect(existsSync(join(folder, "..", "evil"))).toBe(false);
  });

  it("are rejected if they are damaged: each byte of one changed in turn, and each length of it", async () => {
    const whole = zipOf([{ name: "one/run.json", bytes: bytes('{"status":"done"}') }]);
    const path = join(folder, "runs.zip");
    const outcome = async (content: Buffer): Promise<string> => {
      await writeFile(path, content);
      try {
        const { folder: unpacked, remove } = await unpackRuns(path);
        const names = await readdir(unpacked, { recursive: true });
        const text = names.includes("one/run.json") ? await readFile(join(unpacked, "one/run.json"), "utf8") : "";
        await remove();
        return text;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const outcomes = new Set<string>();
    for (let i = 0; i < whole.length; i++) {
      const changed = Buffer.from(whole);
      changed[i]! ^= 0xff;
      outcomes.add(await outcome(changed));
      outcomes.add(await outcome(whole.subarray(0, i)));
    }
    // As it was, under another name and so left out, or refused: never other content.
    expect([...outcomes].sort()).toEqual(["", "DataError", '{"status":"done"}'].sort());
  });

  it("are distinguished from other files by their content", async () => {
    const path = join(folder, "runs.zip");
    await writeFile(path, "not a zip file");
    await expect(serveMonitor(path)).rejects.toThrow("must be a folder of runs, or a zip file of them - got");
  });
});
