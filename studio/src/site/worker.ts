// The module that a lab's Worker runs: one experiment, its steps, and what is to be seen of it.
import { z } from "zod";
import { browserThreads, wasmEngine } from "../../../src/web/index.ts";
import { labs } from "../labs/index.ts";
import type { Experiment, Lab } from "../labs/lab.ts";
import { fetched } from "./fetched.ts";
import type { FromWorker, Reading, ToWorker } from "./protocol.ts";

// The page's security policy forbids code that is made at run time, which zod would try.
z.config({ jitless: true });

/** Milliseconds of steps between two frames. */
const perFrame = 60;
/** Steps a frame of which the page gets the meters: more would not fit into a picture. */
const perReading = 4;

let lab: Lab;
let experiment: Experiment | null = null;
let isRunning = false;
/** Whether a frame is waiting for its turn. */
let isLooping = false;
let pace = 0;
let pending: Reading[] = [];
let drawn: (() => void) | null = null;
/** Settled once the page has drawn the newest frame. */
let lastDrawn: Promise<void> = Promise.resolve();
let speed = 0;
/** The step that was measured last. */
let measuredAt = -1;
/** What is asked for is done in order, one thing after the other. */
let queue: Promise<void> = Promise.resolve();

const tell = (message: FromWorker): void => postMessage(message);

addEventListener("message", ({ data: message }: MessageEvent<ToWorker>) => {
  if (message.type === "drawn") {
    drawn?.();
    drawn = null;
  } else if (message.type === "pause") isRunning = false;
  else queue = queue.then(() => work(message)).catch(fail);
});

function fail(error: unknown): void {
  isRunning = false;
  const { message, hint } = error as { readonly message: string; readonly hint?: string };
  tell({ type: "failed", message, hint });
}

async function work(message: Exclude<ToWorker, { type: "drawn" | "pause" }>): Promise<void> {
  if (message.type === "open") return open(message);
  if (experiment === null) return;
  if (message.type === "poke") {
    experiment.poke?.(message.name, message.value);
    await show(experiment);
  } else if (message.type === "step") {
    for (let i = 0; i < message.count && experiment.step < lengthOf(experiment); i++) {
      await advance(experiment, message.net);
    }
    await measure(experiment);
    await show(experiment);
  } else {
    ({ pace } = message);
    isRunning = true;
    if (isLooping) return;
    isLooping = true;
    // Not awaited: what is asked for meanwhile comes between two frames.
    queue = queue.then(frame);
  }
}

async function open({ lab: id, controls, seed, base }: Extract<ToWorker, { type: "open" }>): Promise<void> {
  lab = labs.find((each) => each.id === id)!;
  experiment = await lab.open(lab.controls.parse(controls), {
    seed,
    read: (file) => fetched(new URL(file, base)),
    engine: wasmEngine({ threads: browserThreads() }),
  });
  // The first picture is there before the first measurement, which takes longer.
  await show(experiment);
  await measure(experiment);
  await show(experiment);
}

const lengthOf = ({ length = Infinity }: Experiment) => length;

async function advance(of: Experiment, net?: string): Promise<void> {
  const numbers = await of.advance(net);
  if (of.step % perReading === 0 || net !== undefined || !isRunning) pending.push({ step: of.step, numbers });
  if (net === undefined && of.step % lab.measureEvery === 0) await measure(of);
}

async function measure(of: Experiment): Promise<void> {
  pending.push({ step: of.step, numbers: await of.measure() });
  measuredAt = of.step;
}

/** Steps for a while, then one frame, then the next while. */
async function frame(): Promise<void> {
  if (experiment === null) return;
  if (!isRunning) {
    isLooping = false;
    // What stands still is shown with its own numbers, not with those of the last measurement on the way.
    if (measuredAt !== experiment.step) {
      await measure(experiment)
        .then(() => show(experiment!))
        .catch(fail);
    }
    return;
  }
  try {
    const began = performance.now();
    const first = experiment.step;
    const most = pace === 0 ? Infinity : Math.max(1, Math.round((pace * perFrame) / 1000));
    const length = lengthOf(experiment);
    const goesOn = (step: number) =>
      isRunning && step < length && step - first < most && performance.now() - began < perFrame;
    while (goesOn(experiment.step)) await advance(experiment);
    if (experiment.step >= length) {
      isRunning = false;
      await measure(experiment);
    }
    await show(experiment);
    const wanted = pace === 0 ? 0 : (1000 * (experiment.step - first)) / pace;
    const left = wanted - (performance.now() - began);
    // Lets messages through, be there time left or not.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    const rate = (1000 * (experiment.step - first)) / (performance.now() - began);
    speed = speed === 0 ? rate : 0.8 * speed + 0.2 * rate;
  } catch (error) {
    fail(error);
  }
  queue = queue.then(frame);
}

/** Shows the experiment as it is, once the page has drawn the frame before: steps go on while it draws. */
async function show(of: Experiment): Promise<void> {
  await lastDrawn;
  const pictures = await of.pictures();
  lastDrawn = new Promise<void>((resolve) => (drawn = resolve));
  tell({
    type: "frame",
    step: of.step,
    hasEnded: of.step >= lengthOf(of),
    pictures,
    readings: pending,
    stepsPerSecond: speed,
  });
  pending = [];
}
