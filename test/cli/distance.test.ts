import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { distanceCommand } from "../../src/cli/distance.ts";
import { decodeNpy, encodeNpy } from "../../src/codec/npy.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { fold, key, normal } from "../../src/base/random.ts";
import { distances } from "../../src/distances/index.ts";
import { filesIn, resultOf, start, tiny, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
const put = (name: string, content: Uint8Array | string) => writeFile(join(folder, name), content);
const cloud = (name: string, n: number, d: number) => encodeNpy(normal(fold(key(1), name), [n, d]));

beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  await put("a.csv", "x,y\n0,0\n1,0\n2,0\n");
  await put("b.csv", "5,0\n6,0\n");
  await put("line.csv", "1\n2\n3\n");
  await put("weights.csv", "1\n2\n1\n");
  await put("negative.csv", "1\n-2\n1\n");
  await put("three.npy", encodeNpy(ndarray("float32", [3], Float32Array.of(1, 2, 1))));
  await put("x.npy", cloud("x", 60, 3));
  await put("y.npy", cloud("y", 50, 3));
  await put("nan.npy", encodeNpy(ndarray("float32", [2, 2], Float32Array.of(1, 2, Number.NaN, 4))));
  await put(
    "y.csv",
    [...normal(fold(key(3), "y"), [50, 2]).data].map((value, i) => `${value}${i % 2 ? "\n" : ","}`).join(""),
  );
  await put("zero.csv", "0\n0\n");
  await put("taken.csv", "mine\n");
  expect((await zaya(folder, ...tiny, "--steps", "2", "--out", "run")).code).toBe(0);
});
afterAll(() => work.remove());

describe("zaya distance", () => {
  it("measures a distance, and writes the plan with item numbers", async () => {
    const words = ["distance", "a.csv", "b.csv", "--weights-a", "weights.csv", "--plan", "plan.csv", "--json"];
    const object = resultOf(await zaya(folder, ...words));
    // All of A lies left of all of B: the cost is the difference of the means, 5.5 - 1.
    expect(object).toMatchObject({
      metric: "emd",
      stderr: null,
      status: "optimal",
      a: { spec: "a.csv", n: 3, of: 3 },
      b: { spec: "b.csv", n: 2, of: 2 },
      options: { n: 2000, seed: 0, cost: "euclidean" },
      plan: "plan.csv",
    });
    expect(object.value).toBeCloseTo(4.5, 12);
    const [head, ...lines] = (await readFile(join(folder, "plan.csv"), "utf8")).trimEnd().split("\n");
    expect(head).toBe("i,j,mass");
    const entries = lines.map((line) => line.split(",").map(Number) as [number, number, number]);
    expect(entries.reduce((sum, [i, j, mass]) => sum + mass * Math.abs(i - (5 + j)), 0)).toBeCloseTo(4.5, 12);
    const fromFirst = entries.filter(([i]) => i === 1).reduce((sum, [, , mass]) => sum + mass, 0);
    expect(fromFirst).toBeCloseTo(0.5, 12);
    const told = await zaya(folder, "distance", "a.csv", "b.csv", "--weights-a", "three.npy");
    expect(told.stdout).toMatch(/^emd {2}4\.5 {2}mean cost, optimal$/m);
    expect(told.stdout).toContain("a.csv (3 of 3 items)");
  });

  it.each(distances.filter(({ name }) => name !== "w1").map(({ name }) => name))(
    "measures %s reproducibly, to the last bit",
    async (metric) => {
      const words = ["distance", "x.npy", "y.npy", "--metric", metric, "-n", "40", "--json"];
      const [one, again, other] = await Promise.all([
        zaya(folder, ...words),
        zaya(folder, ...words),
        zaya(folder, ...words, "--seed", "1"),
      ]);
      const object = resultOf(one);
      expect(resultOf(again)).toEqual(object);
      expect(object).toMatchObject({ metric, a: { n: 40, of: 60 }, b: { n: 40, of: 50 } });
      expect(Number.isFinite(object.value)).toBe(true);
      // Another seed chooses other items.
      expect(resultOf(other).value).not.toBe(object.value);
    },
  );

  it("samples from a run, compares the samples with its data, and writes a plan as a matrix", async () => {
    const words = ["distance", "run", "tiny.npy", "-n", "30", "--metric", "sinkhorn", "--plan", "plan.npy", "--json"];
    const object = resultOf(await zaya(folder, ...words));
    expect(object).toMatchObject({ status: "converged", a: { spec: "run", n: 30, of: null }, b: { n: 30, of: 40 } });
    const plan = decodeNpy(await readFile(join(folder, "plan.npy")), "plan.npy");
    expect([plan.dtype, plan.shape]).toEqual(["float64", [30, 30]]);
    // Two draws of one run share no noise.
    const same = resultOf(await zaya(folder, "distance", "run", "run", "-n", "30", "--json"));
    expect(same.value).toBeGreaterThan(0);
  });

  it("distinguishes points that differ by less than float32 precision, weights included", async () => {
    const far = (...last: number[]) => Float64Array.from(last, (digit) => 1e9 + digit);
    await put("far-a.csv", "1000000001\n1000000002\n");
    await put("far-a.npy", encodeNpy(ndarray("float64", [2, 1], far(1, 2))));
    await put("far-b.npy", encodeNpy(ndarray("int32", [2, 1], Int32Array.from(far(3, 9)))));
    for (const metric of ["w1", "emd"]) {
      for (const a of ["far-a.csv", "far-a.npy"]) {
        const { value } = resultOf(await zaya(folder, "distance", a, "far-b.npy", "--metric", metric, "--json"));
        // In order, 2 and 7 apart.
        expect(value).toBe(4.5);
      }
    }
    // One part in 2^25 moves by 1; in float32 the first weight would be 2^24, and half of that.
    await put("heavy.csv", `${2 ** 24 + 1}\n${2 ** 24 - 1}\n`);
    await put("light.csv", `${2 ** 24}\n${2 ** 24}\n`);
    const words = ["far-a.csv", "far-a.csv", "--weights-a", "heavy.csv", "--weights-b", "light.csv", "--metric", "w1"];
    const { value } = resultOf(await zaya(folder, "distance", ...words, "--json"));
    expect(value).toBeCloseTo(2 ** -25, 15);
  });

  it("accepts any number of points on a line and built-in data, and replaces a plan with --force", async () => {
    const line = resultOf(await zaya(folder, "distance", "line.csv", "line.csv", "--metric", "w1", "--json"));
    expect([line.value, line.status]).toEqual([0, "exact"]);
    const named = resultOf(
      await zaya(
        folder,
        "distance",
        "ring8",
        "grid25",
        "-n",
        "200",
        "--metric",
        "sliced",
        "--projections",
        "50",
        "--json",
      ),
    );
    expect(named).toMatchObject({ a: { n: 200, of: 100_000 }, options: { projections: 50 } });
    expect(named.stderr).toBeGreaterThan(0);
    await put("old.csv", "old\n");
    const replaced = await zaya(folder, "distance", "a.csv", "b.csv", "--plan", "old.csv", "--force");
    expect(replaced.code).toBe(0);
    expect(await readFile(join(folder, "old.csv"), "utf8")).toMatch(/^i,j,mass\n/);
  });

  it("ignores points of weight 0 in its value, its defaults and its subsamples", async () => {
    // Every other point lies far away, and weighs nothing.
    const rows = [...normal(fold(key(2), "rows"), [40, 2]).data].map(String);
    const near = Array.from({ length: 40 }, (_, i) => `${rows[2 * i]},${rows[2 * i + 1]}`);
    await put("near.csv", near.join("\n"));
    await put("far.csv", near.flatMap((row, i) => [row, `${1e6 + i},5`]).join("\n"));
    await put("zeros.csv", near.flatMap(() => ["1", "0"]).join("\n"));
    for (const [metric, n] of [
      ["sinkhorn-divergence", "2000"],
      ["mmd", "30"],
    ] as const) {
      const words = ["--metric", metric, "-n", n, "--json"];
      const [weighed, without] = await Promise.all([
        zaya(folder, "distance", "far.csv", "y.csv", "--weights-a", "zeros.csv", ...words),
        zaya(folder, "distance", "near.csv", "y.csv", ...words),
      ]);
      const { a: _, ...rest } = resultOf(without);
      expect(resultOf(weighed), metric).toMatchObject(rest);
    }
    const planned = ["far.csv", "y.csv", "--weights-a", "zeros.csv", "--plan", "far-plan.npy"];
    expect((await zaya(folder, "distance", ...planned)).code).toBe(0);
    expect(decodeNpy(await readFile(join(folder, "far-plan.npy")), "far-plan.npy").shape).toEqual([80, 50]);
  });

  it("respects a weight of 1e-20, and rejects values that are not finite", async () => {
    await put("way.csv", "0\n1e30\n");
    await put("tiny-weight.csv", "1\n1e-20\n");
    for (const metric of ["emd", "w1"]) {
      const words = ["distance", "way.csv", "zero.csv", "--weights-a", "tiny-weight.csv", "--metric", metric, "--json"];
      expect(resultOf(await zaya(folder, ...words)).value).toBeCloseTo(1e10, 3);
    }
    await put("huge.csv", "1.5e308\n-1e308\n");
    for (const metric of ["emd", "w1"]) {
      const { code, stdout, stderr } = await zaya(folder, "distance", "huge.csv", "zero.csv", "--metric", metric);
      expect([code, stdout], stderr).toEqual([2, ""]);
      expect(stderr).toContain("must be");
      expect(stderr).not.toContain("bug in zaya");
    }
  });

  it("announces a long duration before it starts", async () => {
    const many = start(folder, "distance", "ring8", "ring8", "--metric", "js", "-n", "64000");
    await many.until("; fewer points (-n) take less");
    many.child.kill("SIGKILL");
    await many.ended;
  });

  it("rejects points whose squared differences underflow", async () => {
    await put("near.npy", encodeNpy(ndarray("float64", [3, 1], Float64Array.of(0, 1e-200, 2e-200))));
    for (const metric of ["emd", "mmd", "js"]) {
      const { code, stderr } = await zaya(folder, "distance", "near.npy", "near.npy", "--metric", metric);
      expect([code, stderr], metric).toEqual([
        2,
        expect.stringContaining("squares of smaller differences underflow - got 2.00e-200 at most"),
      ]);
    }
    const { code, stderr } = await zaya(folder, "data", "near.npy");
    expect([code, stderr]).toEqual([2, expect.stringContaining("for x1")]);
  });

  it("warns of an inexact result", async () => {
    const words = ["distance", "ring8", "ring8", "--metric", "sinkhorn", "--epsilon", "1e-4", "-n", "100", "--json"];
    const { code, stderr, ...rest } = await zaya(folder, ...words);
    expect(code).toBe(0);
    expect(resultOf({ code, stderr, ...rest }).status).toBe("not converged");
    expect(stderr).toContain("a larger --epsilon converges faster");
  });

  it.each<[words: string[], ...texts: string[]]>([
    [["a.csv"], "needs B"],
    [["a.csv", "line.csv"], "the same dimension - got 2 and 1", "items of the same size"],
    [["a.csv", "mnist", "-n", "3"], "the same dimension - got 2 and 784"],
    [["nan.npy", "b.csv"], "finite float32 - got NaN at [1, 0]"],
    [["nowhere.csv", "b.csv"], "a known name or a path that exists - got nowhere.csv"],
    [["a.csv", "b.csv", "--metric", "edm"], "the metric must be known - got edm", "did you mean emd?"],
    [["a.csv", "b.csv", "--metric", "sinkhorm"], "did you mean sinkhorn?"],
    [["a.csv", "b.csv", "--cost", "cosine"], "cost must be one of euclidean, squared, manhattan - got cosine"],
    [
      ["a.csv", "b.csv", "--epsilon", "1"],
      "epsilon is an option of sinkhorn, sinkhorn-divergence, none of which is selected",
    ],
    [["a.csv", "b.csv", "--metric", "sinkhorn", "--epsilon", "0"], "epsilon must be above 0 - got 0"],
    [["a.csv", "b.csv", "--metric", "mmd", "--bandwidths", "1,x"], "bandwidths must be numbers separated by commas"],
    [["a.csv", "b.csv", "-n", "0"], "n must be at least 1 - got 0"],
    [["a.csv", "b.csv", "--metric", "w1"], "points must be one-dimensional - got 2 coordinates each", "use emd"],
    [["a.csv", "b.csv", "--metric", "kl"], "neighbours must be an integer from 1 to 2 - got 5"],
    [["a.csv", "b.csv", "--weights-a", "negative.csv"], "negative.csv: each weight must be at least 0 - got -2 at 1"],
    [["a.csv", "b.csv", "--weights-b", "weights.csv"], "must have one weight per item of b.csv, 2 - got 3"],
    [["a.csv", "b.csv", "--weights-a", "none.csv"], "there is no file none.csv"],
    [["a.csv", "b.csv", "--weights-a", "a.csv"], "must be [n], one number per point - got [3, 2]"],
    [["run", "tiny.npy", "--weights-a", "weights.csv"], "for the run run, which is sampled"],
    [["a.csv", "b.csv", "--metric", "mmd", "--weights-a", "weights.csv"], "points must have equal weights"],
    [["a.csv", "b.csv", "--plan", "plan.txt"], "must end in .csv or .npy - got plan.txt"],
    [["a.csv", "b.csv", "--plan", "taken.csv"], "taken.csv, which exists", "--force"],
    [["a.csv", "b.csv", "--metric", "sliced", "--plan", "p.csv"], "sliced has no plan", "emd, sinkhorn"],
    [["ring8", "grid25", "-n", "100000"], "must fit into memory", "74.5 GiB", "points would fit"],
  ])("distance %j is rejected", async (words, ...texts) => {
    const before = await filesIn(folder);
    const { code, stderr } = await zaya(folder, "distance", ...words);
    for (const text of texts) expect(stderr).toContain(text);
    expect(stderr).not.toContain("bug in zaya");
    // What is refused is not timed first.
    expect(stderr).not.toMatch(/^about /m);
    expect(code).toBe(2);
    expect(await filesIn(folder)).toEqual(before);
    expect(await readFile(join(folder, "taken.csv"), "utf8")).toBe("mine\n");
  });
});

describe("the flags", () => {
  it("are those of all distances, each once", () => {
    const command = new Command("distance");
    void distanceCommand.declare(command, []);
    const names = command.options.map((option) => option.attributeName());
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(distances.flatMap(({ options }) => Object.keys(options.shape))));
  });

  it("are listed with the distances that have them", async () => {
    const [help, list] = await Promise.all([zaya(folder, "distance", "--help"), zaya(folder, "list", "distances")]);
    for (const { name } of distances) {
      expect(help.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
      expect(list.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
  });
});
