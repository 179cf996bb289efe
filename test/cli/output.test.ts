import { describe, expect, it } from "vitest";

import { duration, number } from "../../src/cli/format.ts";
import { nearest } from "../../src/cli/nearest.ts";
import { Output } from "../../src/cli/output.ts";
import { Progress } from "../../src/cli/progress.ts";
import type { TrainEvent } from "../../src/train/index.ts";

/** Keeps what is written; a terminal when it has columns. */
class Screen {
  text = "";
  readonly isTTY: boolean;
  constructor(readonly columns?: number) {
    this.isTTY = columns !== undefined;
  }
  write(text: string): void {
    this.text += text;
  }
}

/** Events of 50 steps, `every` milliseconds apart. */
function tellSteps(progress: Progress, clock: { time: number }, every: number): void {
  for (let step = 1; step <= 50; step++) {
    clock.time += every;
    const event: TrainEvent = {
      type: "step",
      step,
      steps: 50,
      losses: { "vae/loss": 100 / step, "vae/kl": 2 },
      imagesPerSecond: 1234.5,
      secondsLeft: 50 - step,
    };
    progress.tell(event);
  }
}

function progressOn(output: Output): { progress: Progress; clock: { time: number } } {
  const clock = { time: 0 };
  return { progress: new Progress(output, { now: () => clock.time }), clock };
}

describe("progress", () => {
  it("is one line that changes on a terminal, ten times a second, cut to its width", () => {
    const [out, err] = [new Screen(50), new Screen(50)];
    const output = new Output({}, out, err);
    const { progress, clock } = progressOn(output);
    progress.tell({ type: "phase", phase: "train" });
    tellSteps(progress, clock, 20);
    output.result(["done"], {});
    expect(out.text.slice(0, -"done\n".length)).not.toContain("\n");
    const shown = out.text.split("\r\u001b[2K");
    expect(shown).toContain("training");
    expect(shown.find((line) => line.startsWith("train 50/50"))).toBe(
      "train 50/50  100%  1,235 items/s  0s left  loss 2",
    );
    expect(shown.filter((line) => line.startsWith("train ")).length).toBe(11);
    expect(shown.at(-1)).toBe("done\n");
    expect(err.text).toBe("");
  });

  it("is a line every five seconds elsewhere", () => {
    const [out, err] = [new Screen(), new Screen()];
    const { progress, clock } = progressOn(new Output({}, out, err));
    tellSteps(progress, clock, 500);
    const lines = out.text.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["1/50", "11/50", "21/50", "31/50", "41/50", "50/50"]);
    expect(lines[1]).toBe("train 11/50  22%  1,235 items/s  39s left  loss 9.0909  kl 2");
  });

  it("goes to stderr for --json, and the object alone to stdout", () => {
    const [out, err] = [new Screen(), new Screen()];
    const output = new Output({ json: true }, out, err);
    const { progress, clock } = progressOn(output);
    tellSteps(progress, clock, 500);
    output.result(["words"], { a: 1 });
    expect(out.text).toBe('{"a":1}\n');
    expect(err.text).toContain("train 50/50");
  });

  it("is left out for --quiet; warnings and results are not", () => {
    const [out, err] = [new Screen(80), new Screen(80)];
    const output = new Output({ quiet: true }, out, err);
    const { progress, clock } = progressOn(output);
    tellSteps(progress, clock, 500);
    output.warn("careful");
    output.result(["words"], {});
    expect([out.text, err.text]).toEqual(["words\n", "careful\n"]);
  });
});

describe("words and numbers", () => {
  it("says durations", () => {
    expect([0.4, 59, 61, 3599.7, 3725, Infinity].map(duration)).toEqual([
      "0s",
      "59s",
      "1m 01s",
      "1h 00m",
      "1h 02m",
      "?",
    ]);
  });

  it("says numbers with five digits", () => {
    expect([105.91234, 0.0001, -2, 0, 1234567].map(number)).toEqual(["105.91", "1.000e-4", "-2", "0", "1.235e+6"]);
  });

  it("finds the nearest word, and none that is far", () => {
    expect(nearest("latnt", ["latent", "limit"])).toBe("latent");
    expect(nearest("xyzzy", ["latent", "limit"])).toBeNull();
    expect(nearest("a", [])).toBeNull();
  });
});
