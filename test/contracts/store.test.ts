import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { OptionError, RunError } from "../../src/base/errors.ts";
import { MemoryStore, type Store } from "../../src/base/store.ts";
import { FolderStore } from "../../src/node/folder-store.ts";
import { S3Store } from "../../src/node/s3-store.ts";
import { noBrowser } from "../browser.ts";
import { S3Server } from "../sweep/s3-server.js";
import { openStorePage } from "../web/store-page.ts";

const folders: string[] = [];
const stores: Record<string, () => Promise<Store>> = {
  MemoryStore: async () => new MemoryStore(),
  FolderStore: async () => {
    folders.push(await mkdtemp(join(tmpdir(), "zaya-store-")));
    return new FolderStore(join(folders.at(-1)!, "made", "later"));
  },
};

const s3 = await S3Server.start("stores");
Object.assign(process.env, s3.environment);
let places = 0;
stores["S3Store"] = async () => new S3Store(`s3://stores/place-${places++}/runs`);
stores["S3Store of the only writer"] = async () => new S3Store(`s3://stores/place-${places++}/runs`, async () => {});

const browser = noBrowser === null ? await openStorePage() : null;
let opened = 0;
if (browser !== null) stores["OpfsStore in a browser's Worker"] = async () => browser.open(`store-${opened++}`);

afterAll(() => s3.close());
afterAll(() => browser?.close());
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const plain = (array: Uint8Array): number[] => [...array];

describe.each(Object.entries(stores))("%s", (_, make) => {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  it("returns what was written, the latest of two writes", async () => {
    await store.write("a/b.bin", bytes(1, 2, 3));
    expect(plain(await store.read("a/b.bin"))).toEqual([1, 2, 3]);
    await store.write("a/b.bin", bytes(9));
    expect(plain(await store.read("a/b.bin"))).toEqual([9]);
    await store.write("a/b.bin", bytes());
    expect(plain(await store.read("a/b.bin"))).toEqual([]);
  });

  it("fails to read a missing file, naming it", async () => {
    await expect(store.read("no/such")).rejects.toThrow(RunError);
    await expect(store.read("no/such")).rejects.toThrow("no/such");
    await store.write("a", bytes(1));
    await expect(store.read("a/b")).rejects.toThrow(RunError);
  });

  it("appends, creating the file if needed", async () => {
    await store.append("log/m.jsonl", bytes(1, 2));
    await store.append("log/m.jsonl", bytes(3));
    expect(plain(await store.read("log/m.jsonl"))).toEqual([1, 2, 3]);
    await store.append("log/m.jsonl", bytes(4));
    await store.append("log/m.jsonl", bytes());
    expect(plain(await store.read("log/m.jsonl"))).toEqual([1, 2, 3, 4]);
    await store.write("log/m.jsonl", bytes(7));
    await store.append("log/m.jsonl", bytes(8));
    expect(plain(await store.read("log/m.jsonl"))).toEqual([7, 8]);
  });

  it("returns its contents in chunks, and its size", async () => {
    const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
    await store.write("a/long", content);
    const pieces: Uint8Array[] = [];
    for await (const piece of store.chunks("a/long")) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
    expect([await store.size("a/long"), await store.size("a"), await store.size("b")]).toEqual([3_000_000, null, null]);
    await expect(store.chunks("b")[Symbol.asyncIterator]().next()).rejects.toThrow(RunError);
  });

  it("lets one of many concurrent processes create a file, and never overwrites one", async () => {
    const made = await Promise.allSettled([1, 2, 3, 4].map((value) => store.create("a/new", bytes(value))));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const won = made.findIndex(({ status }) => status === "fulfilled");
    expect(plain(await store.read("a/new"))).toEqual([won + 1]);
    await expect(store.create("a/new", bytes(9))).rejects.toThrow(RunError);
    expect(plain(await store.read("a/new"))).toEqual([won + 1]);
  });

  it("truncates a file, and appends to the rest", async () => {
    await store.append("log", bytes(1, 2, 3));
    await store.sync("log");
    await store.truncate("log", 2);
    await store.append("log", bytes(4));
    expect(plain(await store.read("log"))).toEqual([1, 2, 4]);
    await store.truncate("log", 0);
    expect(plain(await store.read("log"))).toEqual([]);
    await expect(store.truncate("none", 0)).rejects.toThrow(RunError);
    await expect(store.sync("none")).rejects.toThrow(RunError);
  });

  it("lists names below a prefix of whole parts, sorted", async () => {
    for (const name of ["b", "a/10/x", "a/1/y", "a/1/x/z", "a/1.txt"]) await store.write(name, bytes(1));
    expect(await store.list("")).toEqual(["a/1.txt", "a/1/x/z", "a/1/y", "a/10/x", "b"]);
    expect(await store.list("a/1")).toEqual(["a/1/x/z", "a/1/y"]);
    expect(await store.list("a/1/y")).toEqual(["a/1/y"]);
    expect(await store.list("a/1/y/z")).toEqual([]);
    expect(await store.list("nothing")).toEqual([]);
  });

  it("removes exactly what is below a prefix", async () => {
    for (const name of ["a/10/x", "a/1/y", "a/1/x/z", "b"]) await store.write(name, bytes(1));
    await store.remove("a/1");
    await store.remove("nothing");
    expect(await store.list("")).toEqual(["a/10/x", "b"]);
    await store.remove("b");
    expect(await store.list("")).toEqual(["a/10/x"]);
    await store.write("a/1/y", bytes(2));
    expect(plain(await store.read("a/1/y"))).toEqual([2]);
  });

  it("distinguishes files from folders and missing names", async () => {
    await store.write("a/b", bytes(1));
    expect(await store.has("a/b")).toBe(true);
    expect(await store.has("a")).toBe(false);
    expect(await store.has("a/b/c")).toBe(false);
    expect(await store.has("c")).toBe(false);
  });

  it.each(["", "/a", "a//b", "../a", "a/../../b", ".", "a/.hidden", "a\\b", "c:a", "a\0"])(
    "rejects the name %j",
    async (name) => {
      await expect(store.write(name, bytes(1))).rejects.toThrow(OptionError);
      await expect(store.append(name, bytes(1))).rejects.toThrow(OptionError);
      await expect(store.read(name)).rejects.toThrow(OptionError);
      await expect(store.has(name)).rejects.toThrow(OptionError);
      await expect(store.remove(name)).rejects.toThrow(OptionError);
      if (name !== "") await expect(store.list(name)).rejects.toThrow(OptionError);
    },
  );

  it("shares no memory with its users", async () => {
    const given = Buffer.from([1, 2, 3]);
    await store.write("w", given);
    await store.append("w", given);
    given.fill(0);
    const first = await store.read("w");
    expect(plain(first)).toEqual([1, 2, 3, 1, 2, 3]);
    first.fill(0);
    expect(plain(await store.read("w"))).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it("stores one of many concurrent writes completely", async () => {
    const contents = Array.from({ length: 12 }, (_, i) => new Uint8Array(10_000 + i).fill(i));
    await Promise.all(contents.map((content) => store.write("same", content)));
    const held = await store.read("same");
    expect(contents.some((content) => Buffer.from(content).equals(held))).toBe(true);
    expect(await store.list("")).toEqual(["same"]);
  });

  it("behaves like a map from names to bytes", async () => {
    const name = fc.constantFrom("a", "b", "c/a", "c/b", "c/d/a");
    const action = fc.record({
      kind: fc.constantFrom("write", "append", "remove"),
      name,
      content: fc.uint8Array({ maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const tried = await make();
        const model = new Map<string, number[]>();
        for (const { kind, name: at, content } of actions) {
          if (kind === "remove") {
            await tried.remove(at);
            model.delete(at);
          } else {
            await tried[kind as "write" | "append"](at, content);
            model.set(at, [...(kind === "append" ? (model.get(at) ?? []) : []), ...content]);
          }
        }
        expect(await tried.list("")).toEqual([...model.keys()].toSorted());
        for (const [at, content] of model) expect(plain(await tried.read(at))).toEqual(content);
      }),
      { numRuns: 40 },
    );
  });
});
