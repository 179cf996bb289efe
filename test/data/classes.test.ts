import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { classesFrom, countClasses, select, summarize } from "../../src/data/index.ts";
import { classifier } from "../../src/models/index.ts";
import { nodeEngine, openData, openItems } from "../../src/node/index.ts";
import { readDataRecord } from "../../src/run/index.ts";
import { train } from "../../src/train/index.ts";
import { idxBytes } from "./idx-bytes.ts";

describe("classes", () => {
  it("are the distinct labels, numbers first in numerical order", () => {
    const { labels, names } = classesFrom([123456789, 7, "b", 7, -1, "a", "10", 10]);
    expect(names).toEqual(["-1", "7", "10", "123456789", "10", "a", "b"]);
    expect([...labels]).toEqual([3, 1, 6, 1, 0, 5, 4, 2]);
  });

  it("distinguish labels that int32 or float32 would merge", () => {
    expect(classesFrom([0n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n]).names).toEqual([
      "0",
      "4294967296",
      "9007199254740992",
      "9007199254740993",
    ]);
    expect(classesFrom([2n ** 60n, 2 ** 63, -(2 ** 60)]).names).toEqual([
      "-1152921504606846976",
      "1152921504606846976",
      "9223372036854775808",
    ]);
    expect([...classesFrom([3n, 3, 2n]).labels]).toEqual([1, 1, 0]);
  });

  it("number one more than the largest label if there are no names", () => {
    expect(countClasses({ labels: Int32Array.of(0, 4) })).toBe(5);
    expect(countClasses({ labels: Int32Array.of(0, 1), classNames: ["a", "b", "c"] })).toBe(3);
  });
});

describe("labels 7 and 123456789 of an IDX file", () => {
  let folder: string;
  let path: string;
  const given = Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 123456789 : 7));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-classes-"));
    path = join(folder, "my-images-idx3-ubyte");
    await writeFile(
      path,
      idxBytes([24, 8, 8], (i) => (7 * i) % 256),
    );
    const labels = Buffer.alloc(8 + 4 * 24);
    labels.set([0, 0, 0x0c, 1, 0, 0, 0, 24]);
    given.forEach((label, i) => labels.writeInt32BE(label, 8 + 4 * i));
    await writeFile(join(folder, "my-labels-idx1-ubyte"), labels);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are two classes with the names in the file", async () => {
    const data = await openItems(path);
    expect(data.classNames).toEqual(["7", "123456789"]);
    expect([...data.labels!]).toEqual(given.map((label) => (label === 7 ? 0 : 1)));
    expect([...(await summarize(data)).classes!]).toEqual([
      ["7", 16],
      ["123456789", 8],
    ]);
    const one = select(data, Int32Array.of(0));
    expect(one.classNames).toEqual(["7", "123456789"]);
    expect([...one.labels!]).toEqual([1]);
  });

  it("train a classifier of two, whose names are in the record and in the exported file", async () => {
    const store = new MemoryStore();
    const events = train(
      classifier({ arch: "mlp", hidden: [8] }),
      await openData(path),
      { steps: 2, batch: 4 },
      { engine: await nodeEngine({ device: "cpu" }), store },
    );
    for await (const event of events) expect(event.type).not.toBe("failed");
    expect(await readDataRecord(store)).toMatchObject({ classes: 2, classNames: ["7", "123456789"] });
    expect(new TextDecoder().decode(await store.read("export/classifier.onnx"))).toContain('["7","123456789"]');
    expect(new TextDecoder().decode(await store.read("report.html"))).toContain("class 123456789");
  });
});
