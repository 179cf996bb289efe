import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DataError, OptionError } from "../../src/base/errors.ts";
import type { Dataset } from "../../src/data/index.ts";
import { openData, openItems } from "../../src/node/index.ts";
import { packageFolder } from "../../src/node/package-folder.ts";

let folder: string;
/** File names of both sides: what only one of them has, and skin tones, are not of the data set. */
const names = {
  google: ["00a9-fe0f", "1f44b", "1f44b-1f3fb", "1f600", "1f601", "1f602", "1f603", "1f604", "1f605", "1f606", "1f9ff"],
  twitter: ["00a9-fe0f", "1f44b", "1f44b-1f3fb", "1f600", "1f601", "1f602", "1f603", "1f604", "1f605", "1f606", "2615"],
};
const shared = ["00a9-fe0f", "1f44b", "1f600", "1f601", "1f602", "1f603", "1f604", "1f605", "1f606"];

/** 64 x 64: a square of colour in the middle, clear around it. Google's has the place of the name in red, Twitter's in green. */
async function writePicture(maker: "google" | "twitter", name: string): Promise<void> {
  const level = 10 * (1 + shared.indexOf(name));
  const pixel = maker === "google" ? [level, 0, 0, 255] : [0, level, 0, 255];
  const data = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => {
    const [y, x] = [Math.floor(i / 256), Math.floor(i / 4) % 64];
    return y >= 16 && y < 48 && x >= 16 && x < 48 ? pixel[i % 4]! : 0;
  });
  const path = join(folder, "img", maker, "64");
  await mkdir(path, { recursive: true });
  await writeFile(
    join(path, `${name}.png`),
    await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer(),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-emoji-"));
  for (const maker of ["google", "twitter"] as const) {
    for (const name of names[maker]) await writePicture(maker, name);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Bytes of the pixel in the middle of each image. */
async function middles(domain: Dataset): Promise<number[][]> {
  const [height, width] = domain.shape as [number, number];
  const { data } = await domain.read(Int32Array.from({ length: domain.size }, (_, i) => i));
  const middle = 3 * (width * (height / 2) + width / 2);
  return Array.from({ length: domain.size }, (_, n) =>
    [...data.subarray(n * height * width * 3 + middle, n * height * width * 3 + middle + 3)].map((v) =>
      Math.round(v * 255),
    ),
  );
}

describe("emoji", () => {
  it("pairs drawings of one code point, without skin tones, on white", async () => {
    const items = await openItems("emoji", { dataDir: folder });
    expect(items).toMatchObject({ name: "emoji", kind: "pair", shape: [2, 64, 64, 3], size: 9 });
    const { a, b, aligned } = items.sides!;
    expect(aligned).toBe(true);
    expect(await middles(a)).toEqual(shared.map((_, i) => [10 * (i + 1), 0, 0]));
    expect(await middles(b)).toEqual(shared.map((_, i) => [0, 10 * (i + 1), 0]));
    expect([...(await a.read([0])).data.subarray(0, 3)]).toEqual([1, 1, 1]);
  });

  it("holds out a tenth, stays aligned, and is available in 32 x 32", async () => {
    const { train, test } = await openData("emoji", { dataDir: folder, size: 32 });
    expect([train.shape, train.size, test.size]).toEqual([[2, 32, 32, 3], 8, 1]);
    for (const { sides } of [train, test]) {
      expect(await middles(sides!.b)).toEqual((await middles(sides!.a)).map(([red]) => [0, red, 0]));
    }
    const limited = await openData("emoji", { dataDir: folder, limit: 4 });
    expect([limited.train.size, limited.test.size]).toEqual([3, 1]);
    await expect(openData("emoji", { dataDir: folder, size: 48 })).rejects.toThrow(OptionError);
  });

  it("is 1,906 drawings in its packages, and either drawing of a code point is more like the other than like the next", async () => {
    const { train, test } = await openData("emoji", { size: 32 });
    expect([train.size, test.size]).toEqual([1715, 191]);
    for (const { sides, size } of [train, test]) {
      const every = Int32Array.from({ length: size }, (_, i) => i);
      const [a, b] = [(await sides!.a.read(every)).data, (await sides!.b.read(every)).data];
      const pixels = a.length / size;
      const apart = (shift: number): number =>
        a.reduce((sum, value, i) => sum + Math.abs(value - b[(i + shift * pixels) % b.length]!), 0) / a.length;
      expect(apart(0)).toBeLessThan(0.75 * apart(1));
      expect(apart(0)).toBeGreaterThan(0.01);
    }
  }, 120_000);

  it("is rejected if its packages are not installed, naming them", async () => {
    const error = await openData("emoji", { dataDir: join(folder, "img") }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({
      message: `emoji must have the folder ${join(folder, "img/img/twitter/64")} - got ENOENT`,
      hint: "run npm install emoji-datasource-google emoji-datasource-twitter, or pass as --data-dir a folder with img/google/64 and img/twitter/64",
    });
    const damaged = await mkdtemp(join(tmpdir(), "zaya-emoji-damaged-"));
    await cp(folder, damaged, { recursive: true });
    const broken = join(damaged, "img/google/64");
    await writeFile(join(broken, `${shared[1]}.png`), "no picture");
    await expect(openData("emoji", { dataDir: damaged })).rejects.toThrow(`got ${shared[1]}.png in ${broken}`);
    await rm(damaged, { recursive: true });
    const missing = (): string => packageFolder("emoji", "no-such-package-of-emoji", "advice");
    expect(missing).toThrow("emoji needs the npm package no-such-package-of-emoji - it is not installed");
  });
});
