import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { zeros } from "../../src/base/ndarray.ts";
import { duration, number } from "../../src/cli/format.ts";
import { nearest } from "../../src/base/nearest.ts";
import { Output, type OutputOptions } from "../../src/cli/output.ts";
import { Progress } from "../../src/cli/progress.ts";
import { encodePng } from "../../src/codec/png.ts";
import { imageGrid } from "../../src/plot/index.ts";
import { type TrainEvent } from "../../src/train/index.ts";

/** Keeps what is written; a terminal when it has columns. */
class Screen {
  text = "";
  readonly isTTY: boolean;
  constructor(
    readonly columns?: number,
    readonly rows?: number,
  ) {
    this.isTTY = columns !== undefined;
  }
  write(text: string): void {
    this.text += text;
  }
}

/** Events of 50 steps, `every` milliseconds apart. */
async function tellSteps(progress: Progress, clock: { time: number }, every: number): Promise<void> {
  for (let step = 1; step <= 50; step++) {
    clock.time += every;
    await progress.tell({
      ...stepEvent,
      step,
      steps: 50,
      losses: { "vae/loss": 100 / step, "vae/kl": 2 },
      secondsLeft: 50 - step,
    });
  }
}

const stepEvent = {
  type: "step",
  step: 1234,
  steps: 60_000,
  losses: {},
  imagesPerSecond: 1234.5,
  secondsLeft: 185,
} as const satisfies TrainEvent;

function progressOn(output: Output, folder = "."): { progress: Progress; clock: { time: number } } {
  const clock = { time: 0 };
  return { progress: new Progress(output, { now: () => clock.time }, folder), clock };
}

const clear = "\r\u001b[2K";

/** The line that a terminal of so many columns shows of a step. */
async function lineOf(columns: number, event: Partial<Extract<TrainEvent, { type: "step" }>>): Promise<string> {
  const screen = new Screen(columns);
  await progressOn(new Output({}, screen, screen)).progress.tell({ ...stepEvent, ...event });
  return screen.text.slice(clear.length);
}

describe("progress", () => {
  it("is a single updated line on a terminal, ten times a second", async () => {
    const [out, err] = [new Screen(80), new Screen(80)];
    const output = new Output({}, out, err);
    const { progress, clock } = progressOn(output);
    await progress.tell({ type: "phase", phase: "train" });
    await tellSteps(progress, clock, 20);
    output.result(["done"], { keys: [] }, {});
    expect(out.text.slice(0, -"done\n".length)).not.toContain("\n");
    const shown = out.text.split(clear);
    expect(shown).toContain("training");
    expect(shown.findLast((line) => line.includes("50/50"))).toBe(
      `${"\u2588".repeat(24)}  50/50  loss 2.000  kl 2.000  1,235 items/s  0s left`,
    );
    expect(shown.filter((line) => line.includes("/50 ")).length).toBe(11);
    expect(shown.at(-1)).toBe("done\n");
    expect(err.text).toBe("");
  });

  it("has a bar, steps, losses by short names, items per second and the remaining time", async () => {
    const losses = { "discriminator/loss": 1.17281, "discriminator/real": 0.5, "generator/loss": -0.98765 };
    expect(await lineOf(80, { losses })).toBe(
      `${"\u2591".repeat(12)}  1,234/60,000  discriminator 1.173  generator -0.9877  3m 05s left`,
    );
    expect(await lineOf(120, { step: 30_000, losses })).toBe(
      `${"\u2588".repeat(4)}${"\u2591".repeat(5)}  30,000/60,000  discriminator 1.173  generator -0.9877  discriminator/real 0.5000  1,235 items/s  3m 05s left`,
    );
  });

  it("never reaches the last column, whatever the width", async () => {
    const losses = { "generator/loss": 1e9, "critic/loss": -1.5, "critic/gap": 1e-9, "a long name/loss": 3 };
    for (let columns = 1; columns <= 140; columns++) {
      const line = await lineOf(columns, { step: 59_999, losses, imagesPerSecond: 1e6, secondsLeft: 1e5 });
      expect(line.length).toBeLessThan(columns);
      if (columns > 15) expect(line).toContain("59,999/60,000");
      if (columns > 32) expect(line).toContain("27h 46m left");
    }
  });

  it("clears all lines of a live line that a narrower terminal has wrapped", () => {
    const screen = new Screen(100);
    const output = new Output({}, screen, screen);
    output.show("x".repeat(90));
    (screen as { columns: number }).columns = 40;
    screen.text = "";
    output.show("y");
    expect(screen.text).toBe(`${clear}${"\u001b[1A\u001b[2K".repeat(2)}y`);
  });

  it("is one line every five seconds elsewhere", async () => {
    const [out, err] = [new Screen(), new Screen()];
    const { progress, clock } = progressOn(new Output({}, out, err));
    await tellSteps(progress, clock, 500);
    const lines = out.text.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["1/50", "11/50", "21/50", "31/50", "41/50", "50/50"]);
    expect(lines[1]).toBe("train 11/50  22%  1,235 items/s  39s left  loss 9.091  kl 2.000");
    expect(out.text).not.toContain("\u001b");
  });

  it("goes to stderr with --json; stdout contains only the object", async () => {
    const [out, err] = [new Screen(), new Screen()];
    const output = new Output({ json: true }, out, err);
    const { progress, clock } = progressOn(output);
    await tellSteps(progress, clock, 500);
    output.result(["words"], { keys: ["a"] }, { a: 1 });
    expect(out.text).toBe('{"a":1}\n');
    expect(err.text).toContain("train 50/50");
  });

  it("is omitted with --quiet, unlike warnings and results", async () => {
    const [out, err] = [new Screen(80), new Screen(80)];
    const output = new Output({ quiet: true }, out, err);
    const { progress, clock } = progressOn(output);
    await tellSteps(progress, clock, 500);
    output.warn("careful");
    output.result(["words"], { keys: [] }, {});
    expect([out.text, err.text]).toEqual(["words\n", "careful\n"]);
  });

  it("prints nothing for an evaluation without results", async () => {
    const screen = new Screen(80);
    await progressOn(new Output({}, screen, screen)).progress.tell({ type: "evaluated", step: 3, results: [] });
    expect(screen.text).toBe("");
  });
});

const truecolour = { COLORTERM: "truecolor", TERM: "xterm-256color" };

describe("sample pictures on a terminal", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-pictures-"));
    // Images of 28 x 28, in rows of one red, one green and one blue each.
    const images = zeros([24, 28, 28, 3]);
    for (let i = 0; i < images.data.length; i += 3) images.data[i + (Math.floor(i / 3 / 784) % 3)] = 1;
    await writeFile(join(folder, "grid.png"), await encodePng(imageGrid(images)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What is written of a picture after a step. */
  async function drawn(screen: Screen, options: OutputOptions, env: Record<string, string>): Promise<string> {
    const { progress, clock } = progressOn(new Output(options, screen, screen, env), folder);
    await progress.tell({ type: "picture", file: "grid.png" });
    expect(screen.text).toBe("");
    await progress.tell(stepEvent);
    screen.text = "";
    clock.time = 10_000;
    await progress.tell({ type: "picture", file: "grid.png" });
    return screen.text;
  }

  it("are half blocks, as many images as are distinguishable", async () => {
    const text = await drawn(new Screen(80, 24), { pictures: true }, truecolour);
    const [title, ...lines] = text.slice(clear.length).trimEnd().split("\n");
    expect(title).toBe("samples at step 1,234");
    expect(lines.length).toBe(18);
    const rows = lines.map((line) => line.match(/\u001b\[38;2;\d+;\d+;\d+m\u001b\[48;2;\d+;\d+;\d+m\u2580/g)!);
    for (const [i, row] of rows.entries()) expect(lines[i]).toBe(`${row.join("")}\u001b[0m`);
    expect(rows.every((row) => row.length === 72)).toBe(true);
    // In the middle of the first four images: red, green, blue and red again.
    const colours = [9, 27, 45, 63].map((x) => /38;2;([\d;]+)m/.exec(rows[4]![x]!)![1]);
    expect(colours).toEqual(["255;0;0", "0;255;0", "0;0;255", "255;0;0"]);
  });

  it.each([10, 20, 40, 79, 120])("fit %d columns", async (columns) => {
    const text = await drawn(new Screen(columns, 24), { pictures: true }, truecolour);
    const widths = text.split("\n").map((line) => line.match(/\u2580/g)?.length ?? 0);
    expect(Math.max(...widths)).toBeGreaterThan(0);
    expect(Math.max(...widths)).toBeLessThan(columns);
    expect(widths.length).toBeLessThan(24);
  });

  it.each<[string, Screen, OutputOptions, Record<string, string>]>([
    ["a pipe", new Screen(), { pictures: true }, truecolour],
    ["--json", new Screen(80), { pictures: true, json: true }, truecolour],
    ["--quiet", new Screen(80), { pictures: true, quiet: true }, truecolour],
    ["--no-pictures", new Screen(80), { pictures: false }, truecolour],
    ["NO_COLOR", new Screen(80), { pictures: true }, { ...truecolour, NO_COLOR: "1" }],
    ["few colours", new Screen(80), { pictures: true }, { TERM: "xterm-256color" }],
    ["a dumb terminal", new Screen(80), { pictures: true }, { ...truecolour, TERM: "dumb" }],
  ])("are omitted for %s", async (_, screen, options, env) => {
    expect(await drawn(screen, options, env)).toBe("");
  });

  it("are printed at most every five seconds, and at the end", async () => {
    const screen = new Screen(80, 24);
    const { progress, clock } = progressOn(new Output({ pictures: true }, screen, screen, truecolour), folder);
    for (let step = 1; step <= 8; step++) {
      clock.time += 1000;
      await progress.tell({ ...stepEvent, step });
      await progress.tell({ type: "picture", file: "grid.png" });
    }
    expect(screen.text.match(/samples at step \d/g)).toEqual(["samples at step 1", "samples at step 6"]);
    const result = { steps: 8, seconds: 1, makes: "items", ways: [], test: {}, refused: [], warnings: [] } as const;
    await progress.tell({ type: "done", result } as TrainEvent);
    expect(screen.text.match(/samples at step \d/g)!.at(-1)).toBe("samples at step 8");
  });
});

describe("words and numbers", () => {
  it("formats durations", () => {
    expect([0.4, 59, 61, 3599.7, 3725, Infinity].map(duration)).toEqual([
      "0s",
      "59s",
      "1m 01s",
      "1h 00m",
      "1h 02m",
      "?",
    ]);
  });

  it("formats numbers with five digits", () => {
    expect([105.91234, 0.0001, -2, 0, 1234567].map(number)).toEqual(["105.91", "1.000e-4", "-2", "0", "1.235e+6"]);
  });

  it("finds the nearest word, but no distant one", () => {
    expect(nearest("latnt", ["latent", "limit"])).toBe("latent");
    expect(nearest("xyzzy", ["latent", "limit"])).toBeNull();
    expect(nearest("a", [])).toBeNull();
  });
});
