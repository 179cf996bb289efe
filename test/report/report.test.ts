import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { encodePng } from "../../src/codec/png.ts";
import { type Series, barChart, lineChart } from "../../src/plot/chart.ts";
import { heatStrip } from "../../src/plot/heat-strip.ts";
import { formatEstimate, formatNumber, niceTicks, tickLabels } from "../../src/plot/numerals.ts";
import { type Point, thinPoints } from "../../src/plot/points.ts";
import { type ReportFacts, renderReport } from "../../src/report/report.ts";

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text directly inside, entities resolved. */
  text: string;
}

const voidTags = new Set(["meta", "img", "input"]);

/** Reads HTML as strictly as XML: every tag closed in order, every attribute quoted, no stray `<`, `>` or `&`. */
function parse(html: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const rest = html.replace(/^<!doctype html>\s*/, "");
  for (let at = 0; at < rest.length;) {
    const raw = open.at(-1)?.tag;
    const end = raw === "script" || raw === "style" ? rest.indexOf(`</${raw}>`, at) : rest.indexOf("<", at);
    const text = rest.slice(at, end < 0 ? undefined : end);
    if (open.length > 0) open.at(-1)!.text += raw === "script" || raw === "style" ? text : decode(text);
    else expect(text.trim()).toBe("");
    if (end < 0) break;
    const tag = /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<>]*")*) ?(\/?)>/.exec(rest.slice(end));
    if (tag === null) throw new Error(`no tag: ${rest.slice(end, end + 60)}`);
    const [whole, closing, name, attributes, selfClosed] = tag;
    if (closing) {
      expect(name).toBe(open.pop()?.tag);
    } else {
      const pairs = [...attributes!.matchAll(/ ([a-zA-Z][a-zA-Z0-9-]*)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        decode(value!),
      ]);
      expect(new Set(pairs.map(([key]) => key)).size).toBe(pairs.length);
      const element = { tag: name!, attributes: Object.fromEntries(pairs) as Record<string, string>, text: "" };
      elements.push(element);
      if (!selfClosed) open.push(element);
      expect(voidTags.has(name!) ? selfClosed : "/").toBe("/");
    }
    at = end + whole!.length;
  }
  expect(open).toEqual([]);
  return elements;
}

function decode(text: string): string {
  expect(text.replace(/&#\d+;/g, "")).not.toMatch(/[&>]/);
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

const byTag = (elements: readonly Element[], tag: string) => elements.filter((element) => element.tag === tag);
const ofClass = (elements: readonly Element[], name: string) =>
  elements.filter(({ attributes }) => (attributes.class ?? "").split(" ").includes(name));
const skeleton = (elements: readonly Element[]) =>
  elements.map(({ tag, attributes }) => [tag, ...Object.keys(attributes)].join(" "));
const wordsOf = (elements: readonly Element[]) =>
  elements.flatMap(({ text, attributes }) => [text, ...Object.values(attributes)]).join("\n");

const pixels = (width: number, height: number) =>
  encodePng(ndarray("uint8", [height, width, 1], new Uint8Array(width * height).fill(200)));
const png = await pixels(8, 4);

/** A report with everything, every word of it made by `word`. */
function factsOf(word: (name: string) => string): ReportFacts {
  return {
    diagnosis: {
      step: 500,
      findings: [
        {
          symptom: word("symptom"),
          summary: word("finding"),
          evidence: word("evidence"),
          values: {},
          change: { flag: word("flag"), reason: word("why") },
        },
      ],
      absent: [{ symptom: "memorisation", summary: word("absent"), evidence: word("looked"), values: {} }],
      unknown: [{ symptom: word("unknown"), needs: word("needs") }],
    },
    title: word("title"),
    status: `done ${word("reason")}`,
    summary: [[word("summary"), word("seconds")]],
    config: [
      { name: word("option"), value: word("value"), isDefault: false },
      { name: word("other"), value: word("value"), isDefault: true },
    ],
    curves: [
      {
        title: word("curve"),
        unit: word("nats"),
        series: [
          {
            name: word("train"),
            points: [
              [1, 5],
              [2, 4],
              [3, 3],
            ],
          },
        ],
      },
    ],
    bars: [{ title: word("bars"), unit: word("nats"), values: [{ label: word("z0"), value: 2 }] }],
    strips: [
      {
        title: word("strip"),
        caption: word("caption"),
        steps: [0, 100],
        rows: [{ label: word("mode 0"), values: [0, 0.5] }],
        full: 1,
      },
    ],
    films: [
      {
        title: word("film"),
        caption: word("caption"),
        frames: [
          { label: word("step 1"), png },
          { label: word("step 2"), png },
        ],
      },
    ],
    pictures: [{ title: word("picture"), caption: word("caption"), png }],
    results: [
      {
        label: word("elbo"),
        quantity: word("negElbo"),
        value: 98.7123,
        stderr: 0.2312,
        n: 10_000,
        unit: word("nats"),
        beside: word("beside"),
        interval: [98.26, 99.17],
        floor: 97.5,
        perfect: word("entropy"),
        details: { [word("kl")]: 22.5, [word("per latent")]: [3, 2, 1] },
      },
    ],
  };
}

const nothing: ReportFacts = {
  diagnosis: { step: 0, findings: [], absent: [], unknown: [] },
  title: "vae on mnist",
  status: "running",
  summary: [],
  config: [],
  curves: [],
  bars: [],
  strips: [],
  films: [],
  pictures: [],
  results: [],
};

const hostile = [
  `</title></style></script><script>alert(1)</script>`,
  `"><img src=x onerror="alert(1)">`,
  `' onload='alert(1)`,
  `<!--`,
  `]]>&lt;&amp;&#60;`,
  `../runs/<b>آزمایش</b>\u0000`,
];

describe("renderReport", () => {
  it("is well formed, with a single top-level heading and valid references", () => {
    const page = parse(renderReport(factsOf((name) => name)));
    expect(byTag(page, "h1").map(({ text }) => text)).toEqual(["title"]);
    const ids = page.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const references = page.flatMap(({ attributes: { href, "aria-labelledby": names } }) => [
      ...(href === undefined ? [] : [href.slice(1)]),
      ...(names ?? "").split(" ").filter(Boolean),
    ]);
    expect(references.length).toBeGreaterThan(10);
    expect(ids).toEqual(expect.arrayContaining(references));
  });

  it("shows all text and escapes markup", () => {
    const plain = skeleton(parse(renderReport(factsOf((name) => name))));
    const check = (text: string) => {
      const page = parse(renderReport(factsOf((name) => `${name}${text}`)));
      expect(skeleton(page)).toEqual(plain);
      const shown = wordsOf(page);
      const readable = text.replaceAll("\0", "\ufffd");
      for (const name of [
        "title",
        "reason",
        "summary",
        "seconds",
        "option",
        "value",
        "curve",
        "train",
        "bars",
        "strip",
        "mode 0",
        "film",
        "step 2",
        "picture",
        "caption",
        "elbo",
        "entropy",
        "kl",
        "per latent",
        "symptom",
        "finding",
        "evidence",
        "flag",
        "why",
        "looked",
        "unknown",
        "needs",
      ]) {
        expect(shown).toContain(`${name}${readable}`);
      }
    };
    hostile.forEach(check);
    fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 12 }), check), { numRuns: 30 });
  });

  it("loads nothing, and lets only its own script run", () => {
    const html = renderReport(factsOf((name) => name));
    expect(html).not.toMatch(/https?:|url\(|@import|<link|srcset/);
    const page = parse(html);
    for (const { attributes } of page)
      if ("src" in attributes) expect(attributes.src).toMatch(/^data:image\/png;base64,/);
    const script = byTag(page, "script").map(({ text }) => text);
    expect(script).toHaveLength(1);
    const policy = page.find(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy")!;
    expect(policy.attributes.content).toContain(
      `script-src 'sha256-${createHash("sha256").update(script[0]!).digest("base64")}'`,
    );
    expect(policy.attributes.content).toContain("default-src 'none'");
  });

  it("omits empty sections", () => {
    const page = parse(renderReport(nothing));
    expect(byTag(page, "section")).toEqual([]);
    expect(byTag(page, "nav")).toEqual([]);
    const all = factsOf((name) => name);
    const section = {
      summary: "summary",
      results: "results",
      diagnosis: "diagnosis",
      films: "films",
      pictures: "pictures",
      curves: "curves",
      bars: "bars",
      strips: "strips",
      config: "config",
    } as const;
    for (const name of Object.values(section)) {
      const alone = parse(renderReport({ ...nothing, [name]: all[name] }));
      expect(byTag(alone, "section").map(({ attributes }) => attributes.id)).toEqual([name]);
      const others = parse(renderReport({ ...all, [name]: nothing[name] }));
      expect(byTag(others, "section")).toHaveLength(8);
      expect(byTag(others, "section").map(({ attributes }) => attributes.id)).not.toContain(name);
    }
    const empty = { title: "film", caption: "", frames: [] };
    expect(byTag(parse(renderReport({ ...nothing, films: [empty] })), "section")).toEqual([]);
  });

  it("shows the status by word and sign, and the reason", () => {
    const signs = ["done", "interrupted", "diverged", "failed", "running"].map((word) => {
      const page = parse(renderReport({ ...nothing, status: `${word}: loss was NaN at step 512` }));
      const line = ofClass(page, "status")[0]!;
      expect(line.attributes.class).toBe(`status ${word}`);
      expect(line.text).toContain("loss was NaN at step 512");
      return ofClass(page, "sign")[0]!.text;
    });
    expect(new Set(signs).size).toBe(5);
    expect(ofClass(parse(renderReport({ ...nothing, status: "Ψ" })), "status")[0]!.text).toBe("Ψ");
  });

  it("contains every byte of a picture", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const page = parse(renderReport({ ...nothing, pictures: [{ title: "p", caption: "", png: bytes }] }));
        const source = byTag(page, "img")[0]!.attributes.src!;
        expect(source.slice("data:image/png;base64,".length)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
  });

  it("draws pictures at integer multiples of their size, never smaller", async () => {
    for (const [width, height] of [
      [8, 4],
      [28, 28],
      [479, 3],
      [481, 481],
      [1162, 700],
    ] as const) {
      const picture = { title: "p", caption: "", png: await pixels(width, height) };
      const { attributes } = byTag(parse(renderReport({ ...nothing, pictures: [picture] })), "img")[0]!;
      const scale = Number(attributes.width) / width;
      expect(scale).toBe(Math.max(1, Math.floor(480 / Math.max(width, height))));
      expect(Number(attributes.height)).toBe(scale * height);
    }
  });

  it("has one slider for all films, over the longest, and none if nothing changes", () => {
    const film = (count: number) => ({
      title: "film",
      caption: "",
      frames: Array.from({ length: count }, (_, i) => ({ label: `step ${i}`, png })),
    });
    const page = parse(renderReport({ ...nothing, films: [film(3), film(5)] }));
    expect(byTag(page, "input").map(({ attributes: { type, max, value } }) => [type, max, value])).toEqual([
      ["range", "4", "4"],
    ]);
    expect(byTag(page, "img").map(({ attributes }) => attributes.alt)).toContain("film, step 4");
    expect(byTag(page, "li").filter(({ attributes }) => "hidden" in attributes)).toEqual([]);
    expect(byTag(parse(renderReport({ ...nothing, films: [film(1)] })), "input")).toEqual([]);
  });

  it("marks the options that differ from their defaults", () => {
    const page = parse(renderReport(factsOf((name) => name)));
    expect(ofClass(page, "changed")).toHaveLength(1);
    expect(wordsOf(page)).toContain("1 of 2 options differ from their defaults.");
  });

  it("shows results with their error, their n and the ideal value", () => {
    const shown = wordsOf(parse(renderReport(factsOf((name) => name))));
    for (const text of ["98.71 ± 0.23", "over 10,000 items", "Ideal value: entropy", "per latent (3)"]) {
      expect(shown).toContain(text);
    }
  });
});

describe("numbers", () => {
  it("have four significant digits", () => {
    const cases: [number, string][] = [
      [0, "0"],
      [7, "7"],
      [10_000, "10,000"],
      [12_345_678, "12,345,678"],
      [98.7123, "98.71"],
      [0.5, "0.5"],
      [0.012345, "0.01235"],
      [9999.96, "10,000"],
      [123_456.7, "123,457"],
      [4e9, "4e9"],
      [1.23456e-7, "1.235e-7"],
      [-2.5, "−2.5"],
      [2e-4, "2e-4"],
      [Number.NaN, "NaN"],
      [Infinity, "∞"],
      [-Infinity, "−∞"],
    ];
    for (const [value, text] of cases) expect(formatNumber(value)).toBe(text);
  });

  it("have no digits below their error", () => {
    expect(formatEstimate(98.7123, 0.2312)).toBe("98.71 ± 0.23");
    expect(formatEstimate(98.7123, 0.00123)).toBe("98.7123 ± 0.0012");
    expect(formatEstimate(12_345.6, 678)).toBe("12,346 ± 678");
    expect(formatEstimate(-0.3, 1.26)).toBe("−0.3 ± 1.3");
    expect(formatEstimate(5, 0)).toBe("5 ± 0");
    expect(formatEstimate(1.23456e-12, 1.2e-13)).toBe("1.235e-12 ± 1.2e-13");
    expect(formatEstimate(98.7123, Number.NaN)).toBe("98.71");
    expect(formatEstimate(Number.NaN, Number.NaN)).toBe("NaN");
  });
});

describe("ticks", () => {
  it("are round", () => {
    expect(niceTicks(0, 20_000, 5)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    expect(niceTicks(-0.31, 0.72, 6)).toEqual([-0.2, 0, 0.2, 0.4, 0.6]);
    expect(niceTicks(97.3, 99.1, 4)).toEqual([97.5, 98, 98.5, 99]);
    expect(niceTicks(1e-7, 9e-7, 4)).toEqual([2e-7, 4e-7, 6e-7, 8e-7]);
  });

  it("are within range, evenly spaced by 1, 2 or 5, few, and differ in their labels", () => {
    const range = fc
      .tuple(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.integer({ min: -6, max: 9 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
      )
      .map(([from, exponent, factor]) => [from, from + factor * 10 ** exponent] as const)
      .filter(([from, to]) => to - from > 1e-9 * Math.max(Math.abs(from), Math.abs(to)));
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 8 }), ([from, to], count) => {
        const ticks = niceTicks(from, to, count);
        const slack = 1e-6 * (to - from);
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(count + 1);
        for (const tick of ticks) expect(tick >= from - slack && tick <= to + slack).toBe(true);
        expect(new Set(tickLabels(ticks)).size).toBe(ticks.length);
        for (let i = 1; i < ticks.length; i++) {
          const step = ticks[i]! - ticks[i - 1]!;
          expect(step.toExponential(0)).toMatch(/^[125]e/);
        }
      }),
    );
  });

  it("are labelled with the digits that they need", () => {
    expect(tickLabels([0, 5000, 10_000])).toEqual(["0", "5k", "10k"]);
    expect(tickLabels([0, 500_000, 1_000_000])).toEqual(["0", "0.5M", "1.0M"]);
    expect(tickLabels([100, 100.05, 100.1])).toEqual(["100.00", "100.05", "100.10"]);
    expect(tickLabels([-2000, 0, 2000])).toEqual(["−2,000", "0", "2,000"]);
    expect(tickLabels([0, 2e-5, 4e-5])).toEqual(["0", "2e-5", "4e-5"]);
    expect(tickLabels([12_345])).toEqual(["12,345"]);
  });
});

describe("thinPoints", () => {
  const value = fc.oneof(
    { weight: 9, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  );

  it("keeps the ends, the extremes, the order and the gaps", () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 2, maxLength: 400 }),
        fc.integer({ min: 8, max: 60 }),
        (values, limit) => {
          const points = values.map((each, i): Point => [i, each]);
          const kept = thinPoints(points, limit);
          expect(kept.length).toBeLessThanOrEqual(Math.max(limit, 0));
          const steps = kept.map(([step]) => step);
          expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
          expect(kept[0]).toBe(points[0]);
          expect(kept.at(-1)).toBe(points.at(-1));
          const finite = values.filter(Number.isFinite);
          const keptValues = kept.map(([, each]) => each);
          if (finite.length > 0)
            expect(keptValues).toEqual(expect.arrayContaining([Math.min(...finite), Math.max(...finite)]));
          expect(keptValues.some(Number.isNaN)).toBe(values.some(Number.isNaN));
        },
      ),
    );
  });

  it("does not change short series", () => {
    const points: Point[] = [
      [1, 2],
      [2, 3],
    ];
    expect(thinPoints(points, 2)).toBe(points);
  });
});

const draw = (...series: readonly Series[]) => parse(lineChart({ title: "loss", unit: "nats", series }, "c").html);
const seriesOf = (values: readonly number[], name = "train"): Series => ({
  name,
  points: values.map((value, i) => [i + 1, value]),
});
const noise = (i: number) => Math.sin(i * 12.9898) * 2;

describe("lineChart", () => {
  it("draws one bold line if there are few values, with the maximum at the top", () => {
    const page = draw(seriesOf([0, 1, 4]));
    const paths = byTag(page, "path");
    expect(paths.map(({ attributes }) => attributes.d)).toEqual(["M0.0 1000.0L500.0 750.0L1000.0 0.0"]);
    expect(ofClass(page, "legend")).toHaveLength(1);
    expect(byTag(page, "strong").map(({ text }) => text)).toEqual(["4"]);
    expect(byTag(page, "desc")[0]!.text).toBe(
      "train: from 0 at step 1 to 4 at step 3; minimum 0 at step 1, maximum 4 at step 3.",
    );
  });

  it("shows the values beneath smoothed lines, and smooths only long and noisy series", () => {
    const noisy = Array.from({ length: 5000 }, (_, i) => 10 + noise(i) + (i === 2345 ? 5 : 0));
    const page = draw(seriesOf(noisy));
    const [raw, smooth] = byTag(page, "path");
    expect(raw!.attributes.class).toContain("raw");
    expect(smooth!.attributes.class).not.toContain("raw");
    expect(raw!.attributes.d!.match(/[ML]/g)!.length).toBeLessThanOrEqual(1000);
    const heights = (path: Element) => [...path.attributes.d!.matchAll(/ (-?[\d.]+)/g)].map(([, y]) => Number(y));
    const spread = (path: Element) => Math.max(...heights(path)) - Math.min(...heights(path));
    expect(spread(smooth!)).toBeLessThan(spread(raw!) / 5);
    expect(wordsOf(page)).toContain("Bold: mean of 101 neighbouring values");
    const spiked = noisy.with(77, 1e30);
    expect(ofClass(draw(seriesOf(spiked)), "raw")).toHaveLength(1);
    expect(byTag(draw(seriesOf(noisy.slice(0, 200))), "path")).toHaveLength(1);
    const schedule = seriesOf(Array.from({ length: 5000 }, (_, i) => 1e-3 * (1 - i / 5000)));
    expect(byTag(draw(schedule), "path")).toHaveLength(1);
  });

  it("repeats the part after a steep beginning in its own chart", () => {
    const falling = Array.from({ length: 100 }, (_, i) => 100 + noise(i) + 400 * Math.exp(-i / 3));
    const page = draw(seriesOf(falling));
    expect(ofClass(page, "plot")).toHaveLength(2);
    expect(wordsOf(page)).toContain("From step 21:");
    const even = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(ofClass(draw(seriesOf(even)), "plot")).toHaveLength(1);
  });

  it("breaks the line at values that are not finite, and says so", () => {
    const page = draw(seriesOf([5, 4, Number.NaN, Infinity, 3, 2]));
    const [path] = byTag(page, "path");
    expect(path!.attributes.d!.match(/M/g)).toHaveLength(2);
    expect(path!.attributes.d).not.toMatch(/NaN|Infinity/);
    expect(ofClass(page, "mark").map(({ text }) => text)).toEqual(["×"]);
    expect(wordsOf(page)).toContain("train: 2 of 6 values not finite (×), the first at step 3.");
    expect(byTag(page, "td").map(({ text }) => text)).toEqual(["5", "4", "NaN", "Infinity", "3", "2"]);
  });

  it("draws a point that has no neighbour as a dot", () => {
    const one = draw(seriesOf([98.7]));
    expect(byTag(one, "circle").map(({ attributes: { cx } }) => cx)).toEqual(["50%"]);
    expect(byTag(draw(seriesOf([1, Number.NaN, 3, Number.NaN, 2, 2])), "circle")).toHaveLength(2);
  });

  it("shows a message instead of a plot if there is nothing to draw", () => {
    for (const page of [draw(), draw(seriesOf([])), draw(seriesOf([Number.NaN, Infinity]))]) {
      expect(ofClass(page, "plot")).toEqual([]);
      expect(wordsOf(page)).toContain("No finite values to draw.");
    }
  });

  it("lets a single extreme value leave the plot instead of flattening it, and says so", () => {
    const values = Array.from({ length: 100 }, (_, i) => 10 + noise(i));
    values[60] = 1e30;
    const page = draw(seriesOf(values));
    expect(ofClass(page, "mark").map(({ text }) => text)).toEqual(["▲"]);
    expect(wordsOf(page)).toContain("train: 1 of 100 values beyond the axis (▲▼), as far as 1e30 at step 61.");
    expect(ofClass(page, "tick").map(({ text }) => text)).toContain("12");
  });

  it("has a table with all values, or with the minimum and maximum of many", () => {
    const few = draw(seriesOf([3, 2, 1]), { name: "test", points: [[2, 2.5]] });
    expect(byTag(few, "th").map(({ text }) => text)).toEqual(["step", "train", "test", "1", "2", "3"]);
    expect(byTag(few, "td").map(({ text }) => text)).toEqual(["3", "", "2", "2.5", "1", ""]);
    const values = Array.from({ length: 3000 }, (_, i) => noise(i));
    values[1111] = 77.125;
    values[2222] = -77.125;
    const cells = byTag(draw(seriesOf(values)), "td").map(({ text }) => text);
    expect(cells.length).toBeLessThanOrEqual(200);
    expect(cells).toEqual(expect.arrayContaining(["77.125", "-77.125"]));
  });

  it("stays well formed and within the plot for any values", () => {
    const points = fc.array(fc.tuple(fc.nat(1e7), fc.double()), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(points, { maxLength: 3 }), (lists) => {
        const series = lists.map((list, i) => ({ name: `s${i}`, points: list.toSorted((a, b) => a[0] - b[0]) }));
        const page = draw(...series);
        for (const { attributes } of [...byTag(page, "path"), ...byTag(page, "circle"), ...byTag(page, "line")]) {
          const { class: _, ...numbers } = attributes;
          expect(Object.values(numbers).join(" ")).not.toMatch(/NaN|Infinity|e[+-]/);
        }
        for (const [number] of byTag(page, "path").flatMap(({ attributes }) => [
          ...attributes.d!.matchAll(/-?\d+\.\d/g),
        ])) {
          expect(Math.abs(Number(number))).toBeLessThanOrEqual(2000);
        }
      }),
    );
  });
});

describe("barChart", () => {
  const bars = (values: readonly number[]) =>
    parse(
      barChart({ title: "kl", unit: "nats", values: values.map((value, i) => ({ label: `z${i}`, value })) }, "b").html,
    );
  const extents = (page: readonly Element[]) => byTag(page, "rect").map(({ attributes: { x, width } }) => [x, width]);

  it("draws lengths from zero, to either side", () => {
    expect(extents(bars([4, 1, 0]))).toEqual([
      ["0%", "100%"],
      ["0%", "25%"],
      ["0%", "0%"],
    ]);
    expect(extents(bars([1, -1]))).toEqual([
      ["50%", "50%"],
      ["0%", "50%"],
    ]);
  });

  it("supports values that are not finite, none at all, and zeros", () => {
    const page = bars([2, Number.NaN, Infinity]);
    expect(byTag(page, "rect")).toHaveLength(1);
    expect(ofClass(page, "value").map(({ text }) => text)).toEqual(["2", "NaN", "∞"]);
    expect(extents(bars([0]))).toEqual([["0%", "0%"]]);
    expect(extents(bars([]))).toEqual([]);
  });

  it("keeps its height and thins its labels if there are many bars, with all values in the table", () => {
    const page = bars(Array.from({ length: 256 }, (_, i) => 256 - i));
    expect(Number(ofClass(page, "plot")[0]!.attributes.height)).toBe(640);
    expect(byTag(page, "rect")).toHaveLength(256);
    expect(ofClass(page, "value").length).toBeLessThanOrEqual(40);
    expect(byTag(page, "td")).toHaveLength(256);
  });
});

describe("heatStrip", () => {
  const strip = (rows: readonly (readonly number[])[], full = 0.125) =>
    parse(
      heatStrip(
        {
          title: "share",
          caption: "",
          steps: rows[0]!.map((_, i) => 100 * i),
          rows: rows.map((values, i) => ({ label: `mode ${i}`, values })),
          full,
        },
        "s",
      ).html,
    );
  const luminance = (fill: string) =>
    [0.2126, 0.7152, 0.0722].reduce(
      (sum, weight, k) => sum + weight * Number.parseInt(fill.slice(1 + 2 * k, 3 + 2 * k), 16),
      0,
    );
  const cellsOf = (page: readonly Element[]) =>
    ofClass(page, "cell").filter(({ attributes: { y, height } }) => !(y === "0.0" && height === "12.0"));

  it("is brighter for larger values, up to the maximum", () => {
    const values = [0, 0.02, 0.05, 0.08, 0.1, 0.125, 0.4];
    const light = cellsOf(strip([values])).map(({ attributes }) => luminance(attributes.fill!));
    for (let i = 1; i < 6; i++) expect(light[i]! - light[i - 1]!).toBeGreaterThan(10);
    expect(light[6]).toBe(light[5]);
    expect(light[0]).toBeLessThan(40);
  });

  it("has one row per mode and one column per step, with all values in a table", () => {
    const page = strip([
      [0, 0.1, 0.2],
      [0.3, Number.NaN, 0.4],
    ]);
    expect(cellsOf(page).map(({ attributes: { x, y } }) => [x, y])).toEqual([
      ["0%", "0.0"],
      ["33.33%", "0.0"],
      ["66.67%", "0.0"],
      ["0%", "22.0"],
      ["66.67%", "22.0"],
    ]);
    expect(byTag(page, "td").map(({ text }) => text)).toEqual(["0", "0.3", "0.1", "NaN", "0.2", "0.4"]);
    expect(ofClass(page, "value").map(({ text }) => text)).toEqual(["0.2", "0.4"]);
    expect(byTag(page, "desc")[0]!.text).toBe("At step 200: mode 0: 0.2, mode 1: 0.4");
  });

  it("keeps its height if there are many modes", () => {
    const page = strip(Array.from({ length: 1000 }, () => [0, 1]));
    expect(Number(ofClass(page, "plot")[0]!.attributes.height)).toBe(480);
    expect(ofClass(page, "value").length).toBeLessThanOrEqual(30);
  });
});
