import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, rmdir, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { RunError } from "../../src/base/errors.ts";
import { describeProcess, lockFolder, lockPath } from "../../src/node/lock.ts";
import { startProcess } from "./start-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (holder: unknown): Promise<void> => writeFile(lockPath(folder), JSON.stringify(holder));

describe("lockFolder", () => {
  it("creates the folder, rejects a second writer naming its pid, and releases the lock", async () => {
    const run = join(folder, "runs", "a");
    const lock = await lockFolder(run);
    await expect(lockFolder(run)).rejects.toThrow(RunError);
    await expect(lockFolder(run)).rejects.toThrow(`process ${process.pid} on`);
    await lock.release();
    expect(await readdir(run)).toEqual([]);
    const again = await lockFolder(run);
    await again.release();
    await again.release();
  });

  it("rejects other writers while the process lives, and takes over when it was killed", async () => {
    const writer = await startProcess(`
      import { lockFolder } from "./src/node/lock.ts";
      await lockFolder(${JSON.stringify(folder)});
      console.log("locked");
      setInterval(() => undefined, 1000);
    `);
    expect(writer.line).toBe("locked");
    await expect(lockFolder(folder)).rejects.toThrow(`process ${writer.pid} on`);
    await writer.kill();
    const lock = await lockFolder(folder);
    expect(lock.holder.pid).toBe(process.pid);
    expect(JSON.parse(await readFile(lockPath(folder), "utf8"))).toEqual(lock.holder);
    expect(await readdir(folder)).toEqual([".lock"]);
    await lock.release();
  });

  it.runIf(existsSync("/proc/self/stat"))("takes over if another process now has the pid", async () => {
    const holder = await describeProcess(process.pid);
    expect(holder.started).toMatch(/^[0-9a-f-]+:\d+$/);
    await write({ ...holder, started: "an-earlier-boot:42" });
    await (await lockFolder(folder)).release();
    await write({ ...holder, started: null });
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
  });

  it("assumes that a process of another machine is running", async () => {
    await write({ ...(await describeProcess(2 ** 22 + 1)), host: "elsewhere" });
    const error = await lockFolder(folder).catch((thrown: unknown) => thrown as RunError);
    expect((error as RunError).message).toContain("on elsewhere");
    expect((error as RunError).hint).toContain(`delete ${lockPath(folder)}`);
  });

  it.runIf(existsSync("/proc/self/ns/pid"))("does not check processes of another container", async () => {
    const holder = await describeProcess(2 ** 22 + 1);
    expect(holder.namespace).toMatch(/^pid:\[\d+\]$/);
    await write({ ...holder, namespace: "pid:[1]" });
    const error = await lockFolder(folder).catch((thrown: unknown) => thrown as RunError);
    expect((error as RunError).message).toContain("a folder can have only one writer - got process 4194305");
    expect((error as RunError).hint).toContain(
      `a process in another container is running cannot be determined; if it has ended, delete`,
    );
    // A lock of an earlier version says nothing of it.
    const { namespace: _, ...earlier } = holder;
    await write(earlier);
    await (await lockFolder(folder)).release();
  });

  it("is checked: by folder and owner", async () => {
    const run = join(folder, "run");
    const lock = await lockFolder(run);
    await lock.check();
    await rename(run, join(folder, "moved"));
    await expect(lock.check()).rejects.toThrow(`got nothing at ${run}`);
    await expect(lock.check()).rejects.toThrow(RunError);
    await mkdir(run);
    await expect(lock.check()).rejects.toThrow(`got another folder at ${run}`);
    await rmdir(run);
    await symlink("moved", run);
    await lock.check();
    await rm(lockPath(run));
    await expect(lock.check()).rejects.toThrow("its lock was removed");
    const other = await lockFolder(run);
    await expect(lock.check()).rejects.toThrow(`process ${process.pid} on`);
    await lock.release();
    await other.check();
    await other.release();
  });

  it.each(["", "{", "null", "[]", '{"pid":1}', "7"])("takes over a lock that a crash left as %j", async (text) => {
    await writeFile(lockPath(folder), text);
    const lock = await lockFolder(folder);
    expect(JSON.parse(await readFile(lockPath(folder), "utf8"))).toEqual(lock.holder);
  });

  it("gives a stale lock to exactly one of many", async () => {
    await write(await describeProcess(2 ** 22 + 1));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toBeInstanceOf(RunError);
    expect(await readdir(folder)).toEqual([".lock"]);
  });

  it("ignores an old guard file left by a crash", async () => {
    await write(await describeProcess(2 ** 22 + 1));
    await writeFile(`${lockPath(folder)}.takeover`, "");
    await expect(lockFolder(folder)).rejects.toThrow("another process");
    const old = Date.now() / 1000 - 60;
    await utimes(`${lockPath(folder)}.takeover`, old, old);
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("releases only its own lock", async () => {
    const lock = await lockFolder(folder);
    const other = { ...lock.holder, id: "another" };
    await write(other);
    await lock.release();
    expect(JSON.parse(await readFile(lockPath(folder), "utf8"))).toEqual(other);
  });
});
