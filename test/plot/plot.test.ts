import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { histogramPlot, scatterPlot } from "../../src/plot/index.ts";

/** The picture as pixels: whether it is an SVG that another program reads, and what is where. */
async function rendered(svg: string): Promise<(x: number, y: number) => number[]> {
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([680, 440]);
  return (x, y) => Array.from(data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3));
}

const [blue, orange] = [
  [0x00, 0x72, 0xb2],
  [0xd5, 0x5e, 0x00],
];
const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)]
    .map(([, x, y]) => [Number(x), Number(y)])
    // Those of the legend are above the plot.
    .filter(([, y]) => y! > 60);

describe("scatterPlot", () => {
  it("places marks at their values, each series in its own colour", async () => {
    const svg = scatterPlot({
      title: "rate & <distortion>",
      x: { label: "x" },
      y: { label: "y" },
      series: [
        { name: "a", marks: [{ x: 0, y: 0 }] },
        {
          name: "b",
          marks: [
            { x: 10, y: 100 },
            { x: 5, y: 50 },
          ],
        },
      ],
    });
    const at = await rendered(svg);
    const [a, b, middle] = circles(svg) as [number[], number[], number[]];
    expect(a[0]!).toBeLessThan(b[0]!);
    expect(a[1]!).toBeGreaterThan(b[1]!);
    expect(middle).toEqual([(a[0]! + b[0]!) / 2, (a[1]! + b[1]!) / 2]);
    expect(at(a[0]!, a[1]!)).toEqual(blue);
    expect(at(b[0]!, b[1]!)).toEqual(orange);
    expect(at(500, 350)).toEqual([255, 255, 255]);
    expect(svg).toContain("rate &#38; &#60;distortion&#62;");
  });

  it("has equal steps for equal ratios on logarithmic axes", () => {
    const marks = [1e-3, 1e-1, 10].map((x) => ({ x, y: x ** -2 }));
    const svg = scatterPlot({
      title: "",
      x: { label: "tau", log: true },
      y: { label: "variance", log: true },
      series: [{ name: "a", marks, joined: true }],
    });
    const [first, second, third] = circles(svg) as [number[], number[], number[]];
    expect(second[0]! - first[0]!).toBeCloseTo(third[0]! - second[0]!, 0);
    expect(second[1]! - first[1]!).toBeCloseTo(third[1]! - second[1]!, 0);
    for (const tick of ["0.001", "0.01", "0.1", "1", "10"]) expect(svg).toContain(`>${tick}</text>`);
    expect(svg.match(/<polyline points="([^"]+)"/)![1]!.split(" ")).toHaveLength(3);
  });

  it("draws error bars as long as the standard errors", () => {
    const svg = scatterPlot({
      title: "",
      x: { label: "" },
      y: { label: "" },
      series: [{ name: "a", marks: [0, 10].map((y) => ({ x: y, y, error: 2 })) }],
    });
    const [low, high] = circles(svg) as [number[], number[]];
    const [, top, bottom] =
      /<line x1="[\d.]+" x2="[\d.]+" y1="([\d.]+)" y2="([\d.]+)" stroke="#0072b2" stroke-width="1.5"/
        .exec(svg)!
        .map(Number) as [number, number, number];
    expect(Math.abs(top - bottom)).toBeCloseTo((4 / 10) * (low[1]! - high[1]!), 0);
  });
});

describe("histogramPlot", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? 3.01 : 1.01));
  const svg = histogramPlot({
    title: "two values",
    x: { label: "gradient" },
    series: [
      { name: "both", values },
      { name: "wide", values: Float64Array.of(0, 4) },
    ],
    reference: { label: "exact", value: 2 },
  });

  it("has bins as high as the fractions of values in them", async () => {
    await rendered(svg);
    const [outline] = [...svg.matchAll(/<path d="(M[^"]+)"/g)].map(([, path]) => path!);
    const base = Number(/^M[\d.]+ ([\d.]+)/.exec(outline!)![1]);
    const heights = [...outline!.matchAll(/V([\d.]+)H/g)]
      .map(([, y]) => base - Number(y))
      .filter((height) => height > 0);
    expect(heights).toHaveLength(2);
    expect(heights[0]! / heights[1]!).toBeCloseTo(3, 1);
  });

  it("draws the reference between them, and states how much is cut off", () => {
    expect(svg).toContain(">exact</text>");
    expect(svg).toContain("both: 0 % beyond");
    const tail = Float64Array.from({ length: 1000 }, (_, i) => (i < 5 ? 1e6 : i / 1000));
    expect(histogramPlot({ title: "", x: { label: "" }, series: [{ name: "tail", values: tail }] })).toContain(
      "tail: 0.5 % beyond",
    );
  });
});
