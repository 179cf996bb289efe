import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { RunError } from "../../src/base/errors.ts";
import { FolderStore } from "../../src/node/folder-store.ts";
import { startProcess } from "./start-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-folder-store-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What `body` throws, for its message and hint. */
async function errorOf(body: Promise<unknown>): Promise<RunError> {
  const error = await body.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RunError);
  return error as RunError;
}

describe("FolderStore", () => {
  it("leaves no drafts, and lists no hidden files", async () => {
    const store = new FolderStore(folder);
    await store.write("a/b", Uint8Array.of(1));
    await writeFile(join(folder, "a", ".b.left.tmp"), "a crash left this");
    await writeFile(join(folder, ".lock"), "{}");
    expect(await store.list("")).toEqual(["a/b"]);
    expect((await readdir(join(folder, "a"))).toSorted()).toEqual([".b.left.tmp", "b"]);
    await store.remove("a");
    expect(existsSync(join(folder, "a"))).toBe(false);
  });

  it("removes a folder with its last file, and no folder that holds something", async () => {
    const store = new FolderStore(folder);
    for (const name of ["a/b/c", "a/b/d", "e/f"]) await store.write(name, Uint8Array.of(1));
    await writeFile(join(folder, "e", ".mine"), "mine");
    for (const name of ["a/b/c", "a/b/d", "e/f"]) await store.remove(name);
    expect(await readdir(folder)).toEqual(["e"]);
    expect(await readdir(join(folder, "e"))).toEqual([".mine"]);
  });

  it("lists and measures what another process writes and removes meanwhile", async () => {
    const store = new FolderStore(folder);
    const over = new AbortController();
    const replacing = (async () => {
      for (let n = 0; !over.signal.aborted; n++) {
        await store.write(`a/${n % 3}/b`, Uint8Array.of(1));
        await store.remove(`a/${n % 3}`);
      }
    })();
    const found = new Set<string>();
    for (let i = 0; i < 400; i++) {
      for (const name of await store.list("a")) found.add(name);
      expect([1, null]).toContain(await store.size(`a/${i % 3}/b`));
    }
    over.abort();
    await replacing;
    expect([...found].every((name) => /^a\/[012]\/b$/.test(name))).toBe(true);
  });

  it("writes nothing when its guard forbids it", async () => {
    let open = true;
    const store = new FolderStore(folder, async () => {
      if (!open) throw new RunError("not now");
    });
    await store.write("a", Uint8Array.of(1));
    open = false;
    const b = Uint8Array.of(2);
    for (const change of [
      () => store.write("a", b),
      () => store.create("b", b),
      () => store.append("a", b),
      () => store.truncate("a", 0),
      () => store.remove("a"),
    ]) {
      await expect(change()).rejects.toThrow("not now");
    }
    expect([...(await store.read("a"))]).toEqual([1]);
  });

  it("keeps the old content and no draft when a write fails", async () => {
    const store = new FolderStore(folder);
    await store.write("a/b/c", Uint8Array.of(1));
    const error = await errorOf(store.write("a/b", Uint8Array.of(2)));
    expect(error.message).toContain(join(folder, "a", "b"));
    expect(await readdir(join(folder, "a"))).toEqual(["b"]);
    expect([...(await store.read("a/b/c"))]).toEqual([1]);
  });

  it("names the path and the remedy when a file is missing or in the way", async () => {
    const store = new FolderStore(folder);
    const missing = await errorOf(store.read("x/y"));
    expect(missing.message).toBe(`cannot read: the file must exist - got ENOENT for ${join(folder, "x", "y")}`);
    expect(missing.hint).toContain("check the path");
    await store.write("file", Uint8Array.of(1));
    expect((await errorOf(store.write("file/under", Uint8Array.of(1)))).message).toMatch(/got (ENOTDIR|EEXIST)/);
    await store.write("folder/x", Uint8Array.of(1));
    expect((await errorOf(store.read("folder"))).hint).toContain("it is a folder");
  });

  it.runIf(existsSync("/dev/full"))("says that the disk is full", async () => {
    await symlink("/dev/full", join(folder, "log"));
    const error = await errorOf(new FolderStore(folder).append("log", Uint8Array.of(1)));
    expect(error.message).toBe(`cannot append: the disk must have room - got ENOSPC for ${join(folder, "log")}`);
    expect(error.hint).toContain("the disk is full");
  });

  it.runIf(process.getuid?.() !== 0 && existsSync("/proc/1/environ"))("says that access is denied", async () => {
    await symlink("/proc/1/environ", join(folder, "secret"));
    expect((await errorOf(new FolderStore(folder).read("secret"))).hint).toContain("permission denied");
  });

  it("contains the old or the new bytes whenever the process is killed", async () => {
    const store = new FolderStore(folder);
    await store.write("state", new Uint8Array(300_000).fill(1));
    const writer = await startProcess(`
      import { FolderStore } from "./src/node/folder-store.ts";
      const store = new FolderStore(${JSON.stringify(folder)});
      console.log("ready");
      for (let n = 2; ; n++) await store.write("state", new Uint8Array(300_000 + n).fill(n));
    `);
    await sleep(40);
    await writer.kill();
    const held = await store.read("state");
    const n = held[0]!;
    expect(held.length).toBe(n === 1 ? 300_000 : 300_000 + n);
    expect(held.every((byte) => byte === n)).toBe(true);
    expect(await store.list("")).toEqual(["state"]);
  });
});
