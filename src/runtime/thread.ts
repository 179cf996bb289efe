import type { KernelMemory } from "./heap.ts";
import { control } from "../kernels/thread-control.ts";
import { imports } from "../kernels/imports.ts";

/** A message from an engine to one of its threads. */
export type ToThread =
  | {
      readonly type: "begin";
      readonly memory: KernelMemory;
      /** Address of what the threads share. */
      readonly control: number;
      /** The thread's number, from 1, and how many there are in all. */
      readonly thread: number;
      readonly threads: number;
      /** How often to poll for the next piece of work before sleeping. */
      readonly looks: number;
    }
  | { readonly type: "add"; readonly program: number; readonly module: object }
  | { readonly type: "remove"; readonly programs: readonly number[] }
  | { readonly type: "end" };

/** What it answers to each, before it waits for work. After it has answered to "end" it does not access the memory any more. */
export type FromThread = "ready";

type Begin = Extract<ToThread, { type: "begin" }>;
/** What a program exports: libraries of types disagree on it. */
export type Exports = Readonly<Record<string, (...numbers: number[]) => void>>;

/**
 * The inside of a thread: makes a function that takes its messages. Each call of that returns when the next message waits: until
 * then the thread does its part of the pieces of work that the engine gives out.
 */
export function serveThread(answer: (message: FromThread) => void): (message: ToThread) => void {
  const programs = new Map<number, Exports>();
  let begun: (Begin & { readonly words: Int32Array }) | null = null;
  return (message) => {
    if (message.type === "end") {
      answer("ready");
      return;
    }
    if (message.type === "begin")
      begun = { ...message, words: new Int32Array(message.memory.buffer, message.control, 16) };
    else if (message.type === "remove") for (const program of message.programs) programs.delete(program);
    else {
      // Only the engine's own thread hears of others that died.
      const given = { [imports.module]: { [imports.memory]: begun!.memory, [imports.waiting]: () => {} } };
      programs.set(message.program, new WebAssembly.Instance(message.module, given).exports as Exports);
    }
    const seen = Atomics.load(begun!.words, control.jobs);
    answer("ready");
    work(begun!, programs, seen);
  };
}

/** Does pieces of work until a message waits. */
function work(
  { words, thread, threads, looks }: Begin & { readonly words: Int32Array },
  programs: ReadonlyMap<number, Exports>,
  first: number,
): void {
  // Counts the pieces of work by their arrival: the next may be posted before the last has ended here.
  for (let seen = first; ; seen = (seen + 1) | 0) {
    for (let i = 0; i < looks && Atomics.load(words, control.jobs) === seen; i++);
    if (Atomics.load(words, control.jobs) === seen) {
      Atomics.add(words, control.idle, 1);
      while (Atomics.load(words, control.jobs) === seen) Atomics.wait(words, control.jobs, seen);
      Atomics.sub(words, control.idle, 1);
    }
    const program = Atomics.load(words, control.program);
    if (program === 0) return;
    try {
      programs.get(program)![`segment${Atomics.load(words, control.segment)}`]!(thread, threads);
    } catch {
      // A thread that waits for this one must stop waiting.
      Atomics.store(words, control.failed, 1);
      Atomics.add(words, control.barrier, 1);
      Atomics.notify(words, control.barrier);
    }
  }
}
