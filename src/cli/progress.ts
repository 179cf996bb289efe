import { join } from "node:path";

import type { Clock } from "../base/clock.ts";
import { lossScalar, stepScalar } from "../base/scalar-names.ts";
import { readImage } from "../node/index.ts";
import type { TrainEvent } from "../train/index.ts";
import { maxOf } from "../base/many.ts";
import { count, counted, duration, number } from "./format.ts";
import type { Output } from "./output.ts";

type StepEvent = Extract<TrainEvent, { type: "step" }>;
type PhaseEvent = Extract<TrainEvent, { type: "phase" }>;
type EvaluatedEvent = Extract<TrainEvent, { type: "evaluated" }>;

/** Milliseconds between updates of the live line, between two lines where there is no live line, and between pictures. */
const liveEvery = 100;
const lineEvery = 5000;
const pictureEvery = 5000;

const phases: Readonly<Record<PhaseEvent["phase"], string>> = {
  compile: "compiling the training step",
  train: "training",
  evaluate: "evaluating on the test split",
  export: "writing ONNX files",
  report: "writing the report",
};

/** Reports the events of a run: in a live line on a terminal, otherwise in a line from time to time. */
export class Progress {
  private last = -Infinity;
  private lastPicture = -Infinity;
  private step = 0;
  /** The newest picture, if it came too soon after the previous one to be shown. */
  private unseen: string | null = null;

  /** @param folder The run's, where its pictures are. */
  constructor(
    private readonly output: Output,
    private readonly clock: Clock,
    private readonly folder: string,
  ) {}

  async tell(event: TrainEvent): Promise<void> {
    if (event.type === "phase") this.phase(event);
    else if (event.type === "step") this.stepped(event);
    else if (event.type === "evaluated") this.output.say(...evaluatedLines(event, this.output.columns ?? Infinity));
    else if (event.type === "picture") await this.picture(event.file);
    else if (event.type === "done") await this.show(this.unseen);
  }

  private phase({ phase }: PhaseEvent): void {
    if (this.output.live) this.output.show(phases[phase]);
    else this.output.say(phases[phase]);
  }

  private stepped(event: StepEvent): void {
    this.step = event.step;
    const now = this.clock.now();
    const due = now - this.last >= (this.output.live ? liveEvery : lineEvery);
    if (!due && event.step !== event.steps) return;
    this.last = now;
    if (this.output.live) this.output.show(liveLine(event, (this.output.columns ?? 80) - 1));
    else this.output.say(plainLine(event));
  }

  private async picture(file: string): Promise<void> {
    const soon = this.clock.now() - this.lastPicture < pictureEvery;
    this.unseen = file;
    // Samples of an untrained model are not informative.
    if (this.step > 0 && !soon) await this.show(file);
  }

  private async show(file: string | null): Promise<void> {
    if (file === null || !this.output.draws) return;
    this.unseen = null;
    this.lastPicture = this.clock.now();
    this.output.draw(await readImage(join(this.folder, file), 3), `samples at step ${count(this.step)}`);
  }
}

function plainLine(event: StepEvent): string {
  const { step, steps, imagesPerSecond, secondsLeft } = event;
  const { losses, parts } = lossTexts(event);
  return [
    `train ${step}/${steps}`,
    percent(event),
    `${count(imagesPerSecond)} items/s`,
    `${duration(secondsLeft)} left`,
    ...losses,
    ...parts,
  ].join("  ");
}

/** Columns of the bar, brackets left out. */
const [shortestBar, longestBar] = [8, 24];

/** The parts that fit, in order of priority: steps, time left, losses, a progress bar, speed, and terms of the losses. */
function liveLine(event: StepEvent, columns: number): string {
  const { step, steps, imagesPerSecond, secondsLeft } = event;
  const { losses, parts } = lossTexts(event);
  const head = `${count(step)}/${count(steps)}`;
  let room = columns - head.length;
  /** The leading texts that fit into the given width. */
  const taken = (texts: readonly string[], kept = 0): string[] => {
    const end = texts.findIndex((text) => {
      const fits = text.length + 2 + kept <= room;
      if (fits) room -= text.length + 2;
      return !fits;
    });
    return end < 0 ? [...texts] : texts.slice(0, end);
  };
  const left = taken([`${duration(secondsLeft)} left`]);
  const first = taken(losses.slice(0, 1));
  const others = first.length === 0 ? [] : taken(losses.slice(1), shortestBar + 2);
  const speed = taken([`${count(imagesPerSecond)} items/s`], shortestBar + 2);
  const details = others.length < losses.length - 1 ? [] : taken(parts, shortestBar + 2);
  const bar = room >= shortestBar + 2 ? [barOf(step / steps, Math.min(room - 2, longestBar))] : [];
  return [...bar, head, ...first, ...others, ...details, ...speed, ...left].join("  ").slice(0, Math.max(0, columns));
}

function barOf(share: number, columns: number): string {
  const done = Math.floor(share * columns);
  return "\u2588".repeat(done) + "\u2591".repeat(columns - done);
}

function percent({ step, steps }: StepEvent): string {
  return `${Math.floor((100 * step) / steps)}%`;
}

/** Losses by their short names, followed by their terms. */
function lossTexts({ losses }: StepEvent): { readonly losses: string[]; readonly parts: string[] } {
  const steps = new Set(Object.keys(losses).map((name) => stepScalar.parse(name)!.step));
  const texts = Object.entries(losses).map(([name, value]) => {
    const { step, scalar } = stepScalar.parse(name)!;
    const isLoss = scalar === lossScalar;
    const shortName = steps.size === 1 ? scalar : isLoss ? step : name;
    return { isLoss, text: `${shortName} ${fourDigits(value)}` };
  });
  const some = (wanted: boolean): string[] => texts.filter(({ isLoss }) => isLoss === wanted).map(({ text }) => text);
  return { losses: some(true), parts: some(false) };
}

/** Four digits, so that the line does not jump. */
function fourDigits(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : value.toPrecision(4);
}

/** The values alone, wrapped to lines, with the number of items measured: all of them at the end, a subset before. */
function evaluatedLines({ step, results }: EvaluatedEvent, columns: number): string[] {
  if (results.length === 0) return [];
  const texts = results.map(
    ({ quantity, value, beside }) => `${quantity} ${number(value)}${beside === undefined ? "" : `, ${beside}`}`,
  );
  const items = maxOf(results.map(({ protocol }) => protocol.n));
  const lines = [`step ${count(step)}  on ${counted(items, "test item")}`];
  for (const text of texts) {
    if (lines.at(-1)!.length + text.length + 2 <= columns) lines.push(`${lines.pop()!}  ${text}`);
    else lines.push(`  ${text}`);
  }
  return lines;
}
