import type { KernelMemory } from "./heap.ts";
import { control } from "../kernels/thread-control.ts";
import { imports } from "../kernels/imports.ts";

/** A message from an engine to one of its threads. */
export type ToThread =
  | {
      readonly type: "begin";
      readonly memory: KernelMemory;
      /** Address of the control words that the threads share. */
      readonly control: number;
      /** The thread's number, from 1, and the number of all threads. */
      readonly thread: number;
      readonly threads: number;
      /** Number of polls for the next piece of work before sleeping. */
      readonly polls: number;
    }
  | { readonly type: "add"; readonly program: number; readonly module: object }
  | { readonly type: "remove"; readonly programs: readonly number[] }
  | { readonly type: "end" };

/** The reply to each message, after which the thread waits for work. After its answer to "end", it no longer accesses the memory. */
export type FromThread = "ready";

type Begin = Extract<ToThread, { type: "begin" }>;
/** Exports of a program. Declared here, because type libraries differ. */
export type Exports = Readonly<Record<string, (...numbers: number[]) => void>>;

/**
 * Runs in a thread. @returns The handler of its messages, each call of which returns when the next message is pending; until then
 * the thread does its part of the work that the engine publishes.
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
      // Only the engine's own thread is notified of threads that died.
      const given = { [imports.module]: { [imports.memory]: begun!.memory, [imports.waiting]: () => {} } };
      programs.set(message.program, new WebAssembly.Instance(message.module, given).exports as Exports);
    }
    const seen = Atomics.load(begun!.words, control.jobs);
    answer("ready");
    work(begun!, programs, seen);
  };
}

/** Does pieces of work until a message is pending. */
function work(
  { words, thread, threads, polls }: Begin & { readonly words: Int32Array },
  programs: ReadonlyMap<number, Exports>,
  first: number,
): void {
  // Pieces of work are counted as they are read, since the next may be published before this one has ended.
  for (let seen = first; ; seen = (seen + 1) | 0) {
    for (let i = 0; i < polls && Atomics.load(words, control.jobs) === seen; i++);
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
      // Releases the threads that wait for this one.
      Atomics.store(words, control.failed, 1);
      Atomics.add(words, control.barrier, 1);
      Atomics.notify(words, control.barrier);
    }
  }
}
