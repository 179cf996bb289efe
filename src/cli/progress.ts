import type { Clock } from "../base/clock.ts";
import { type Evaluation, type TrainEvent, numbersOf } from "../train/index.ts";
import { count, duration, number } from "./format.ts";
import type { Output } from "./output.ts";

type StepEvent = Extract<TrainEvent, { type: "step" }>;
type PhaseEvent = Extract<TrainEvent, { type: "phase" }>;

/** Milliseconds between two states of the line that changes, and between two lines where none can. */
const liveEvery = 100;
const lineEvery = 5000;

const phases: Readonly<Record<PhaseEvent["phase"], string>> = {
  compile: "compiling the training step",
  train: "training",
  evaluate: "measuring on the test data",
  export: "writing ONNX files",
  report: "writing the report",
};

/** Tells the events of a run: in one line that changes on a terminal, in a line now and then elsewhere. */
export class Progress {
  private last = -Infinity;

  constructor(
    private readonly output: Output,
    private readonly clock: Clock,
  ) {}

  tell(event: TrainEvent): void {
    if (event.type === "phase") this.phase(event);
    else if (event.type === "step") this.step(event);
    else if (event.type === "evaluated") {
      this.output.say(`step ${event.step}  test  ${numbers(event.results)}`);
    }
  }

  private phase({ phase }: PhaseEvent): void {
    if (this.output.live) this.output.show(phases[phase]);
    else this.output.say(phases[phase]);
  }

  private step(event: StepEvent): void {
    const now = this.clock.now();
    const due = now - this.last >= (this.output.live ? liveEvery : lineEvery);
    if (!due && event.step !== event.steps) return;
    this.last = now;
    const line = stepLine(event);
    if (this.output.live) this.output.show(line);
    else this.output.say(line);
  }
}

function stepLine({ step, steps, losses, imagesPerSecond, secondsLeft }: StepEvent): string {
  const parts = [
    `train ${step}/${steps}`,
    `${Math.floor((100 * step) / steps)}%`,
    `${count(imagesPerSecond)} items/s`,
    `${duration(secondsLeft)} left`,
    ...Object.entries(withoutStep(losses)).map(([name, value]) => `${name} ${number(value)}`),
  ];
  return parts.join("  ");
}

/** Losses are named `step/loss`; where a model has one step, its name says nothing. */
function withoutStep(losses: Readonly<Record<string, number>>): Record<string, number> {
  const names = Object.keys(losses);
  const owners = new Set(names.map((name) => name.split("/")[0]));
  if (owners.size > 1) return losses;
  return Object.fromEntries(Object.entries(losses).map(([name, value]) => [name.slice(name.indexOf("/") + 1), value]));
}

/** `negElbo 105.9 ± 0.2  recon 80.4  kl 25.5  (n 10000)`. */
export function numbers(results: readonly Evaluation[]): string {
  return results
    .map((result) => {
      const { stderr, n, [result.quantity]: value, ...rest } = numbersOf([result]);
      const details = Object.entries(rest).map(([name, entry]) => `  ${name} ${number(entry)}`);
      const error = Number.isFinite(stderr) ? ` ± ${Number(stderr!.toPrecision(2))}` : "";
      return `${result.quantity} ${number(value!)}${error} ${result.unit}${details.join("")}  (n ${n})`;
    })
    .join("  ");
}
