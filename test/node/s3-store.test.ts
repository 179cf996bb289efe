import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { encodeText } from "../../src/base/json.ts";
import { fold, key, uniform } from "../../src/base/random.ts";
import { parseBucketPlace } from "../../src/node/bucket.ts";
import { lockHolder, lockPlace, openStore, voidUnseenLock } from "../../src/node/place.ts";
import { S3Store } from "../../src/node/s3-store.ts";
import { storeId } from "../../src/node/shared-store.ts";
import { fetchData, putData } from "../../src/node/stored-data.ts";
import { type S3Fault, S3Server } from "../sweep/s3-server.js";

let s3: S3Server;
let places = 0;
let place: string;
const before = { ...process.env };
beforeAll(async () => {
  s3 = await S3Server.start("runs");
});
afterEach(() => {
  s3.faultOf = () => null;
  s3.aged = 0;
  s3.ignoresConditions = false;
});
afterAll(async () => {
  process.env = before;
  await s3.close();
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
function newPlace(): string {
  Object.assign(process.env, s3.environment);
  return (place = `s3://runs/place-${places++}`);
}

/** Faults of every kind at random, a share of all requests. */
function faulty(share: number): () => void {
  // The SDK waits half a second and more after a 503.
  const kinds: S3Fault[] = ["500", "500", "reset", "reset", "cut", "cut", "cut", "lost", "lost", "lost", "503"];
  let requests = 0;
  const met: Record<string, number> = {};
  s3.faultOf = (what) => {
    const [chance, which] = uniform(fold(key(1), requests++), [2]).data as unknown as [number, number];
    if (chance >= share) return null;
    const kind = kinds[Math.floor(which * kinds.length)]!;
    met[`${what} ${kind}`] = (met[`${what} ${kind}`] ?? 0) + 1;
    return kind;
  };
  return () => expect(Object.keys(met).length, JSON.stringify(met)).toBeGreaterThan(7);
}

describe("a bucket whose server fails occasionally", () => {
  it.each([
    ["", null],
    [", also with a lock", async () => {}],
  ])("behaves like a map from names to bytes%s", { timeout: 40_000 }, async (_, lock) => {
    const store = new S3Store(newPlace(), lock);
    const metAll = faulty(0.15);
    const model = new Map<string, string>();
    const names = ["a", "b/c", "b/d/e"];
    for (let i = 0; i < 60; i++) {
      const [which, what] = uniform(fold(key(2), i), [2]).data as unknown as [number, number];
      const name = names[Math.floor(which * names.length)]!;
      const content = `${i} `.repeat(1 + (i % 40));
      if (what < 0.3) {
        await store.write(name, encodeText(content));
        model.set(name, content);
      } else if (what < 0.8) {
        await store.append(name, encodeText(content));
        if (what < 0.6) await store.sync(name);
        model.set(name, (model.get(name) ?? "") + content);
      } else if (what < 0.9) {
        await store.remove(name);
        model.delete(name);
      } else {
        const free = store.create(name, encodeText(content));
        if (model.has(name)) await expect(free).rejects.toThrow("the name must be free");
        else await free;
        if (!model.has(name)) model.set(name, content);
      }
      // As another process finds it.
      const found = model.get(name);
      await store.flushAll();
      const other = openStore(place);
      if (found === undefined) expect(await other.has(name)).toBe(false);
      else expect(text(await other.read(name)), `${i}`).toBe(found);
    }
    expect(await store.list("")).toEqual([...model.keys()].toSorted());
    metAll();
  });

  it("never gives a lock to two processes, and never loses one", { timeout: 40_000 }, async () => {
    newPlace();
    const metAll = faulty(0.2);
    for (let round = 0; round < 12; round++) {
      const taken = await Promise.allSettled([1, 2, 3].map(() => lockPlace(place)));
      const held = taken.filter((one) => one.status === "fulfilled");
      expect(held).toHaveLength(1);
      await held[0]!.value.check();
      await held[0]!.value.release();
      expect(await lockHolder(place)).toBeNull();
    }
    metAll();
  });

  it("gives the reason if a server always fails", { timeout: 40_000 }, async () => {
    const store = new S3Store(newPlace());
    await store.write("whole", encodeText("whole"));
    const said: [S3Fault, string, string][] = [
      ["500", "PUT", "the store must answer within 6 attempts - got InternalError"],
      ["cut", "GET", "the store must answer within 6 attempts"],
    ];
    for (const [fault, what, words] of said) {
      s3.faultOf = (asked) => (asked === what ? fault : null);
      const asked = what === "PUT" ? store.write("whole", encodeText("other")) : store.read("whole");
      await expect(asked).rejects.toThrow(words);
    }
    s3.faultOf = () => null;
    expect(text(await store.read("whole"))).toBe("whole");
  });
});

describe("an object that is appended to", () => {
  it("is read completely by others, and its pieces are merged over time", async () => {
    const store = new S3Store(newPlace());
    let all = "";
    for (let i = 0; i < 200; i++) {
      all += `line ${i}\n`;
      await store.append("log", encodeText(`line ${i}\n`));
      await store.sync("log");
      if (i % 40 === 0) expect(text(await openStore(place).read("log"))).toBe(all);
    }
    expect(text(await openStore(place).read("log"))).toBe(all);
    expect(await store.size("log")).toBe(all.length);
    expect([...s3.objects("runs").keys()].filter((name) => name.includes(".pieces")).length).toBeLessThan(65);
    expect(await store.list("")).toEqual(["log"]);
    await store.write("log", encodeText("new"));
    await store.append("log", encodeText("er"));
    await store.sync("log");
    expect(text(await openStore(place).read("log"))).toBe("newer");
    await store.remove("log");
    expect([...s3.objects("runs").keys()].filter((name) => name.startsWith(place.slice(10)))).toEqual([]);
  });

  it("is rejected for a second writer, which loses nothing of the first", async () => {
    const [first, second] = [new S3Store(newPlace()), new S3Store(place)];
    await first.append("log", encodeText("a"));
    await first.sync("log");
    await second.append("log", encodeText("b"));
    await second.sync("log");
    await first.append("log", encodeText("c"));
    await expect(first.sync("log")).rejects.toThrow("must have only one writer");
    expect(text(await openStore(place).read("log"))).toBe("ab");
  });
});

describe("a lock in a bucket", () => {
  it("is rejected while it is held, naming its process", async () => {
    newPlace();
    const lock = await lockPlace(place);
    await expect(lockPlace(place)).rejects.toThrow(`got process ${process.pid} on`);
    await lock.release();
    await (await lockPlace(place)).release();
  });

  it("of another machine expires when it is not renewed, and its holder notices before it writes", async () => {
    newPlace();
    const store = openStore(place);
    const lock = await lockPlace(place);
    const written = new S3Store(place, () => lock.check());
    // As if its process were on another machine.
    const objects = s3.objects("runs");
    const name = `${place.slice("s3://runs/".length)}/.lock`;
    const { bytes, ...rest } = objects.get(name)!;
    const elsewhere = JSON.stringify({ ...(JSON.parse(text(bytes)) as object), host: "elsewhere" });
    objects.set(name, { ...rest, bytes: Buffer.from(elsewhere) });
    await expect(lockPlace(place)).rejects.toThrow("on elsewhere, since");
    s3.aged = 61_000;
    const other = await lockPlace(place);
    s3.aged = 0;
    await expect(written.write("late", encodeText("late"))).rejects.toThrow("must stay locked during training");
    expect(await store.has("late")).toBe(false);
    await lock.release();
    expect((await lockHolder(place))?.id).toBe(other.holder.id);
    await other.release();
  });

  it("of a machine that lost its trial is revoked immediately", async () => {
    newPlace();
    await lockPlace(place);
    const name = `${place.slice("s3://runs/".length)}/.lock`;
    const { bytes, ...rest } = s3.objects("runs").get(name)!;
    await voidUnseenLock(place);
    expect(await lockHolder(place)).not.toBeNull();
    const elsewhere = JSON.stringify({ ...(JSON.parse(text(bytes)) as object), host: "elsewhere" });
    s3.objects("runs").set(name, { ...rest, bytes: Buffer.from(elsewhere) });
    await voidUnseenLock(place);
    await (await lockPlace(place)).release();
  });

  it("requires a server that supports conditional writes", async () => {
    newPlace();
    s3.ignoresConditions = true;
    await expect(storeId(place)).rejects.toThrow("must refuse to create an object that exists");
    s3.ignoresConditions = false;
    const id = await storeId(place);
    expect(await storeId(place)).toBe(id);
  });
});

describe("data in a bucket", () => {
  it("are stored once, fetched once, and rejected if they have changed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zaya-data-"));
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    newPlace();
    const photos = join(folder, "photos");
    await mkdir(join(photos, "cats"), { recursive: true });
    await writeFile(join(photos, "cats", "a b: c.png"), "one");
    await writeFile(join(photos, "dog.png"), "two");
    const told: number[][] = [];
    const begins = (...of: number[]): void => void told.push(of);
    const stored = await putData(place, photos, begins);
    expect(await putData(place, photos, begins)).toBe(stored);
    expect(told).toEqual([[2, 6]]);
    const at = await Promise.all([fetchData(place, stored), fetchData(place, stored)]);
    expect(at[0]).toBe(at[1]);
    expect(await readFile(join(at[0], "cats", "a b: c.png"), "utf8")).toBe("one");
    expect(await readFile(join(at[0], "dog.png"), "utf8")).toBe("two");
    const gets = s3.counts["GET"];
    await fetchData(place, stored);
    expect(s3.counts["GET"]).toBe(gets! + 1);
    process.env["XDG_CACHE_HOME"] = join(folder, "cache-2");
    const name = [...s3.objects("runs").keys()].find((key) => key.endsWith("files/0000001"));
    s3.objects("runs").set(name!, { ...s3.objects("runs").get(name!)!, bytes: Buffer.from("tWo") });
    await expect(fetchData(place, stored)).rejects.toThrow("files/0000001 was changed after it was stored");
    expect(await readdir(join(folder, "cache-2", "zaya", "data"))).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

describe("user errors", () => {
  it.each([
    ["a bucket that is not there", "s3://nowhere/a", "the bucket must exist - got NoSuchBucket for s3://nowhere/"],
    ["one of somebody else", "s3://forbidden/a", "access to the bucket must be allowed - got"],
  ])("%s", async (_, where, words) => {
    newPlace();
    const store = openStore(where);
    await expect(store.has("run.json")).rejects.toThrow(words);
    await expect(store.read("run.json")).rejects.toThrow(words);
    await expect(store.write("run.json", encodeText("{}"))).rejects.toThrow(words);
    await expect(lockPlace(where)).rejects.toThrow(words);
  });

  it.each(["s3://", "s3://A/b", "s3://ab", "s3:/bucket/a", "s3://bucket/.hidden"])("the location %s", (where) => {
    expect(() => parseBucketPlace(where)).toThrow("must be s3://BUCKET/PREFIX");
  });

  it("accepts a prefix with or without slashes", () => {
    expect(parseBucketPlace("s3://bucket//a/b/")).toEqual({ bucket: "bucket", prefix: "a/b/" });
    expect(parseBucketPlace("s3://bucket")).toEqual({ bucket: "bucket", prefix: "" });
  });
});
