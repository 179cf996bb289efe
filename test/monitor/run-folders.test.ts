import { execFileSync } from "node:child_process";
import { chmod, mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, expect, it } from "vitest";

import { metricsPath } from "../../src/monitor/metric-logs.ts";
import { RunFolders } from "../../src/monitor/run-folders.ts";
import { lockFolder } from "../../src/node/lock.ts";
import { newFolder, writeRun } from "./run.ts";

let root: string;
let run: string;

beforeEach(async () => {
  root = await newFolder();
  run = join(root, "run");
  await writeRun(run);
});

const put = (name: string, content: string | Uint8Array) => writeFile(join(run, name), content);
const replaceByLink = async (name: string) => {
  await rm(join(run, name), { recursive: true });
  await symlink("/etc", join(run, name));
};

it.each<[string, () => Promise<unknown>, string]>([
  ["an empty record", () => put("run.json", ""), "run.json: must be JSON - got an empty file"],
  ["a cut record", () => put("run.json", '{"status":'), "run.json: must be JSON"],
  ["a list as its record", () => put("run.json", "[1, 2]"), "run.json: has no valid run status"],
  ["a record of another program", () => put("run.json", '{"status":"ok"}'), "run.json: has no valid run status"],
  ["a record in UTF-16", () => put("run.json", Buffer.from("\ufeff{}", "utf16le")), "must be in UTF-8"],
  ["a huge record", () => truncate(join(run, "run.json"), 17 * 2 ** 20), "run.json: must be at most 16 MiB"],
  ["no config", () => rm(join(run, "config.json")), "config.json: the file is missing"],
  ["a list as its config", () => put("config.json", "[]"), "config.json: has no recipe"],
  ["a config too deep", () => put("config.json", '{"recipe":"a","x":' + "[".repeat(1e5) + "]".repeat(1e5) + "}"), ""],
  [
    "a link in place of its record",
    () => replaceByLink("run.json"),
    "must be inside the run folder - got ELOOP for run.json",
  ],
])("lists a run with %s, and the reason why it cannot be read", async (_, spoil, words) => {
  await writeRun(join(root, "whole"));
  await spoil();
  const [broken, whole] = await new RunFolders(root).rows();
  expect(broken).toMatchObject({ id: "run", status: "broken" });
  expect(broken!.reason).toContain(words);
  expect(broken!.reason).not.toContain(root);
  expect(whole).toMatchObject({ id: "whole", status: "done" });
});

it("does not wait for a pipe in place of a file, and names a folder as such", async () => {
  await rm(join(run, "run.json"));
  await mkdir(join(run, "run.json"));
  const reason = async () => (await new RunFolders(root).rows())[0]!.reason;
  expect(await reason()).toBe("run.json: must be a file - got a folder");
  if (process.platform === "win32") return;
  await rm(join(run, "run.json"), { recursive: true });
  for (const name of ["run.json", "metrics.jsonl"]) {
    await rm(join(run, name), { force: true });
    execFileSync("mkfifo", [join(run, name)]);
  }
  expect(await reason()).toBe("run.json: must be a file - got a pipe or device");
  expect(await metricsPath(run)).toBeNull();
});

it("reads nothing through links out of a run: results, samples and scalars", async () => {
  for (const name of ["eval", "samples"]) await replaceByLink(name);
  const runs = new RunFolders(root);
  expect(await runs.page("run")).toMatchObject({ results: [], samples: [] });
  expect(await runs.fileOf("run", "samples/passwd.png")).toBeNull();
});

it.skipIf(process.getuid?.() === 0)("lists a folder without read permission", async () => {
  await chmod(run, 0);
  expect(await new RunFolders(root).rows()).toMatchObject([
    { id: "run", status: "broken", reason: "the folder must be readable - got permission denied" },
  ]);
  await chmod(run, 0o700);
});

it("distinguishes a run whose process has died from one that is running", async () => {
  const record = { status: "running", step: 2, saved: 2, started: "2026-01-02T03:04:05.678Z", seconds: 1 };
  await put("run.json", JSON.stringify(record));
  const status = async () => (await new RunFolders(root).rows())[0]!;
  expect(await status()).toMatchObject({
    status: "interrupted",
    reason: "its process ended without reporting a status",
  });
  const lock = await lockFolder(run);
  const runs = new RunFolders(root);
  expect((await runs.rows())[0]).toMatchObject({ status: "running", reason: null });
  await lock.release();
  expect((await runs.page("run"))!.row.status).toBe("interrupted");
});

it("returns the same row until its run changes, and forgets deleted runs", async () => {
  const runs = new RunFolders(root);
  const page = async () => (await runs.page("run"))?.row;
  const row = await page();
  expect(await page()).toBe(row);
  await put("run.json", JSON.stringify({ status: "failed", reason: "out of disk", step: 3 }));
  expect(await page()).toMatchObject({ status: "failed", reason: "out of disk" });
  await rm(run, { recursive: true });
  expect(await page()).toBeUndefined();
  await rm(root, { recursive: true });
  expect(await page()).toBeUndefined();
  expect(await runs.rows()).toEqual([]);
});
