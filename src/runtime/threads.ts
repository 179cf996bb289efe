import { EngineError } from "../base/errors.ts";
import { control, controlBytes, mostThreads } from "../kernels/index.ts";
import type { Heap } from "./heap.ts";
import type { FromThread, ToThread } from "./thread.ts";

/** A thread of Node or a browser. */
export interface ThreadHost {
  post(message: ToThread): void;
  end(): void;
  /** Whether the thread has died, known without waiting for an event. Not available in browsers. */
  isDead?(): boolean;
}

/** Receives the events of a thread. */
export interface ThreadListener {
  heard(message: FromThread): void;
  /** @param reason The reason, for messages. */
  died(reason: string): void;
}

/**
 * Starts a thread that handles posted messages (`serveThread`) and does not keep the process alive. Threads are started one after
 * another. Null if the thread does not start in time: the engine then works on one thread.
 */
export type StartThread = (listener: ThreadListener) => ThreadHost | Promise<ThreadHost | null>;

/** The threads among which an engine divides its work. */
export interface ThreadOptions {
  /** Number of threads, including the calling one. */
  readonly threads: number;
  readonly start: StartThread;
}

interface Answer {
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * The additional threads of an engine, which share one memory. They sleep while there is no work. These invariants ensure that
 * all threads run the same work:
 * - A segment is published, or a message announced, only once all threads have left a barrier of the previous segment and thus
 *   know which one it was: each segment has a barrier (`emitProgram`).
 * - Messages are sent one at a time, and the caller waits for all answers. A thread reads the number of pieces of work published so far before it answers, so that it misses none afterwards.
 * - Only threads that have started and have not ended access the shared words, and their memory is released only once all threads
 *   have confirmed that they ended. Terminating them is not enough: a browser may keep a Worker alive for seconds, during which
 *   it would take work intended for threads that were started later.
 */
export class Threads {
  private readonly hosts: ThreadHost[] = [];
  private readonly answers: (Answer | null)[] = [];
  private readonly at: number;
  private readonly words: Int32Array;
  private readonly removed: number[] = [];
  private failure: string | null = null;
  private programs = 0;
  private ended = false;

  private constructor(
    private readonly engine: string,
    private readonly heap: Heap,
    /** Number of all threads, including the caller. */
    readonly count: number,
  ) {
    this.at = heap.allocate(controlBytes);
    this.words = heap.view("int32", this.at, controlBytes / 4) as Int32Array;
    this.words.fill(0);
  }

  /** Address of the control words that threads share. */
  get control(): number {
    return this.at;
  }

  /**
   * @param polls Number of times that a thread polls for the next piece of work before it sleeps.
   * @returns Null if a thread does not start in time.
   * @throws EngineError if a thread cannot start.
   */
  static async start(
    engine: string,
    heap: Heap,
    { threads, start }: ThreadOptions,
    polls: number,
  ): Promise<Threads | null> {
    const all = new Threads(engine, heap, Math.min(threads, mostThreads));
    const shared = { type: "begin", memory: heap.memory, control: all.at, threads: all.count, polls } as const;
    try {
      for (let i = 0; i < all.count - 1; i++) {
        all.answers.push(null);
        const heard = () => {
          all.answers[i]?.resolve();
          all.answers[i] = null;
        };
        const host = await start({ heard, died: (reason) => all.fail(reason) });
        if (host === null) {
          await all.end();
          return null;
        }
        all.hosts.push(host);
      }
      await all.tell((i) => ({ ...shared, thread: i + 1 }));
    } catch (error) {
      await all.end();
      throw error;
    }
    return all;
  }

  /** Sends a program to all threads. @returns Its number. */
  async add(module: object): Promise<number> {
    const program = ++this.programs;
    if (this.removed.length > 0) {
      const programs = this.removed.splice(0);
      await this.tell(() => ({ type: "remove", programs }));
    }
    await this.tell(() => ({ type: "add", program, module }));
    return program;
  }

  /** Removes a program that will not run again. */
  remove(program: number): void {
    this.removed.push(program);
  }

  /**
   * Runs a segment of a program on all threads.
   * @param own The caller's part.
   * @throws EngineError if a thread fails or does not arrive at a barrier.
   */
  run(program: number, segment: number, own: (thread: number, threads: number) => void): void {
    this.requireAlive();
    this.give(program, segment);
    own(0, this.count);
    const failed = Atomics.load(this.words, control.failed);
    if (failed === 0) return;
    this.fail(failed === 1 ? "it failed during its work" : "it did not respond for 60 seconds");
    this.requireAlive();
  }

  /** Called while the caller waits for the others, when events cannot be delivered: a thread that has died would never arrive. */
  lookAround(): void {
    if (this.hosts.some((host) => host.isDead?.() === true)) this.fail("it ended during its work");
  }

  /** Ends the threads, and releases the memory that they share. */
  async end(): Promise<void> {
    try {
      await this.tell(() => ({ type: "end" }));
      this.heap.release(this.at);
    } catch {
      // After a failure, threads may still access that memory: it is never used again.
    }
    this.ended = true;
    for (const host of this.hosts) host.end();
    this.hosts.length = 0;
  }

  private give(program: number, segment: number): void {
    Atomics.store(this.words, control.program, program);
    Atomics.store(this.words, control.segment, segment);
    Atomics.add(this.words, control.jobs, 1);
    if (Atomics.load(this.words, control.idle) > 0) Atomics.notify(this.words, control.jobs);
  }

  /** Posts a message to each thread, wakes them, and waits until they have processed it. */
  private async tell(messageFor: (index: number) => ToThread): Promise<void> {
    this.requireAlive();
    const answered = this.hosts.map(
      (_, i) => new Promise<void>((resolve, reject) => (this.answers[i] = { resolve, reject })),
    );
    // The message is announced as a piece of work, so that threads leave their wait for work to read it.
    this.give(0, 0);
    this.hosts.forEach((host, i) => host.post(messageFor(i)));
    await Promise.all(answered);
  }

  private fail(reason: string): void {
    if (this.ended) return;
    this.failure ??= reason;
    Atomics.store(this.words, control.failed, 1);
    Atomics.add(this.words, control.barrier, 1);
    Atomics.notify(this.words, control.barrier);
    for (const [i, answer] of this.answers.entries()) {
      answer?.reject(this.error());
      this.answers[i] = null;
    }
  }

  private requireAlive(): void {
    if (this.failure !== null) throw this.error();
  }

  private error(): EngineError {
    return new EngineError(
      `${this.engine}: a thread of this engine died - got: ${this.failure}`,
      "resume the run: what has been saved is intact",
    );
  }
}
