import { tick } from "svelte";
import type { Lab, Numbers, Picture } from "../labs/lab.ts";
import type { Values } from "./address.ts";
import type { FromWorker, Reading, ToWorker } from "./protocol.ts";
import { allDrawn } from "./views/drawing.ts";

/** Entries by step, evenly thinned where there are many: of more than the capacity, every other one goes. */
class Thinned<Entry extends { readonly step: number }> {
  entries: Entry[] = [];
  private count = 0;
  private stride = 1;

  constructor(private readonly capacity: number) {}

  add(entry: Entry): void {
    // Of the newest entries the last one is always there, and stays where its turn has come.
    const isSame = this.entries.at(-1)?.step === entry.step;
    const stays = isSame || (this.count - 1) % this.stride === 0;
    if (this.count > 0 && (isSame || !stays)) this.entries.pop();
    this.entries.push(entry);
    if (!isSame) this.count++;
    if (this.entries.length <= this.capacity) return;
    this.entries = this.entries.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }

  /** The newest entry until a step; the first one where there is none. */
  until(step: number): Entry | undefined {
    let [low, high] = [0, this.entries.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.entries[middle]!.step <= step) low = middle;
      else high = middle - 1;
    }
    return this.entries[low];
  }
}

/** A meter over the steps. */
export class History {
  private readonly kept = new Thinned<{ readonly step: number; readonly value: number }>(2000);

  add(step: number, value: number): void {
    this.kept.add({ step, value });
  }

  get steps(): number[] {
    return this.kept.entries.map(({ step }) => step);
  }

  get values(): number[] {
    return this.kept.entries.map(({ value }) => value);
  }

  get length(): number {
    return this.kept.entries.length;
  }

  at(step: number): number | undefined {
    const found = this.kept.until(step);
    return found === undefined || found.step > step ? undefined : found.value;
  }
}

type Pictures = Readonly<Record<string, Picture>>;

/** Frames that are kept to look back at. */
const filmLength = 120;

/** One experiment of the page: its Worker, and what it was last heard to be. */
export class BenchSide {
  step = $state(0);
  hasEnded = $state(false);
  /** Whether the challenge has been met since the beginning. */
  hasMet = $state(false);
  stepsPerSecond = $state(0);
  isRunning = $state(false);
  problem = $state<{ readonly message: string; readonly hint?: string | undefined } | null>(null);
  /** Grows with each frame: histories are drawn again when it does. */
  frames = $state(0);
  readonly histories = new Map<string, History>();
  /** The step that a person looks back at; null for what is now. */
  past = $state<number | null>(null);
  private nowMeters = $state.raw<Numbers>({});
  private nowPictures = $state.raw<Pictures>({});
  private film = new Thinned<{ readonly step: number; readonly pictures: Pictures }>(filmLength);
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

  constructor(
    private readonly lab: Lab,
    readonly controls: Values,
    seed: number,
  ) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => void this.hear(data));
    this.worker.addEventListener("error", ({ message }) => (this.problem = { message }));
    const base = new URL(".", document.baseURI).href;
    this.send({ type: "open", lab: lab.id, controls: { ...controls }, seed, base });
  }

  /** The pictures that are to be seen: of now, or of the step looked back at. */
  get pictures(): Pictures {
    const { past } = this;
    return (past === null ? undefined : this.film.until(past)?.pictures) ?? this.nowPictures;
  }

  get meters(): Numbers {
    const { past } = this;
    if (past === null) return this.nowMeters;
    const meters: Record<string, number> = {};
    for (const [name, history] of this.histories) {
      const value = history.at(past);
      if (value !== undefined) meters[name] = value;
    }
    return meters;
  }

  /** The step that is to be seen. */
  get seenStep(): number {
    const { past } = this;
    return past === null ? this.step : (this.film.until(past)?.step ?? this.step);
  }

  /** Steps of the frames that are kept. */
  get filmed(): number[] {
    return this.film.entries.map(({ step }) => step);
  }

  play(pace: number): void {
    if (this.hasEnded) return;
    this.past = null;
    this.isRunning = true;
    this.send({ type: "run", pace });
  }

  pause(): void {
    this.isRunning = false;
    this.send({ type: "pause" });
  }

  advance(count: number, net?: string): void {
    this.past = null;
    this.send({ type: "step", count, net });
  }

  poke(name: string, value: readonly number[]): void {
    this.past = null;
    this.send({ type: "poke", name, value: [...value] });
  }

  close(): void {
    this.worker.terminate();
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private async hear(message: FromWorker): Promise<void> {
    if (message.type === "failed") {
      this.problem = message;
      this.isRunning = false;
      return;
    }
    const { step, pictures } = message;
    this.step = step;
    this.hasEnded = message.hasEnded;
    if (message.hasEnded) this.isRunning = false;
    this.nowPictures = pictures;
    this.film.add({ step, pictures });
    this.stepsPerSecond = message.stepsPerSecond;
    this.take(message.readings);
    this.hasMet ||= this.lab.challenge.isMet(this.nowMeters, step);
    this.frames++;
    await tick();
    await allDrawn();
    // A page in the background draws nothing, and needs no more to draw.
    requestAnimationFrame(() => this.send({ type: "drawn" }));
  }

  private take(readings: readonly Reading[]): void {
    const meters: Record<string, number> = { ...this.nowMeters };
    for (const { step, numbers } of readings) {
      for (const [name, value] of Object.entries(numbers)) {
        meters[name] = value;
        let history = this.histories.get(name);
        if (history === undefined) this.histories.set(name, (history = new History()));
        history.add(step, value);
      }
    }
    this.nowMeters = meters;
  }
}
