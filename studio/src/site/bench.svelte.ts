import type { Lab, Numbers, Picture } from "../labs/lab.ts";
import type { Values } from "./address.ts";
import type { FromWorker, Reading, ToWorker } from "./protocol.ts";

/** Readings that are kept of a meter; of more, every other one goes. */
const capacity = 2000;

/** A meter over the steps, evenly thinned where there are many. */
export class History {
  steps: number[] = [];
  values: number[] = [];
  private count = 0;
  private stride = 1;

  add(step: number, value: number): void {
    // Of the newest readings the last one is always there, and stays where its turn has come.
    const isSame = this.steps.at(-1) === step;
    const stays = isSame || (this.count - 1) % this.stride === 0;
    if (this.count > 0 && (isSame || !stays)) {
      this.steps.pop();
      this.values.pop();
    }
    this.steps.push(step);
    this.values.push(value);
    if (!isSame) this.count++;
    if (this.steps.length <= capacity) return;
    this.steps = this.steps.filter((_, i) => i % 2 === 0);
    this.values = this.values.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }
}

/** One experiment of the page: its Worker, and what it was last heard to be. */
export class BenchSide {
  step = $state(0);
  meters = $state.raw<Numbers>({});
  pictures = $state.raw<Readonly<Record<string, Picture>>>({});
  stepsPerSecond = $state(0);
  isRunning = $state(false);
  problem = $state<{ readonly message: string; readonly hint?: string | undefined } | null>(null);
  /** Grows with each frame: histories are drawn again when it does. */
  frames = $state(0);
  readonly histories = new Map<string, History>();
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

  constructor(lab: Lab, controls: Values, seed: number) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.hear(data));
    this.worker.addEventListener("error", ({ message }) => (this.problem = { message }));
    const base = new URL(".", document.baseURI).href;
    this.send({ type: "open", lab: lab.id, controls: { ...controls }, seed, base });
  }

  play(pace: number): void {
    this.isRunning = true;
    this.send({ type: "run", pace });
  }

  pause(): void {
    this.isRunning = false;
    this.send({ type: "pause" });
  }

  advance(count: number, player?: string): void {
    this.send({ type: "step", count, player });
  }

  poke(name: string, value: readonly number[]): void {
    this.send({ type: "poke", name, value: [...value] });
  }

  close(): void {
    this.worker.terminate();
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromWorker): void {
    if (message.type === "failed") {
      this.problem = message;
      this.isRunning = false;
      return;
    }
    this.step = message.step;
    this.pictures = message.pictures;
    this.stepsPerSecond = message.stepsPerSecond;
    this.take(message.readings);
    this.frames++;
    // A page in the background draws nothing, and needs no more to draw.
    requestAnimationFrame(() => this.send({ type: "drawn" }));
  }

  private take(readings: readonly Reading[]): void {
    const meters: Record<string, number> = { ...this.meters };
    for (const { step, numbers } of readings) {
      for (const [name, value] of Object.entries(numbers)) {
        meters[name] = value;
        let history = this.histories.get(name);
        if (history === undefined) this.histories.set(name, (history = new History()));
        history.add(step, value);
      }
    }
    this.meters = meters;
  }
}
