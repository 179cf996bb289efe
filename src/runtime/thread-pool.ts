import type { Heap } from "./heap.ts";
import { type ThreadOptions, Threads } from "./threads.ts";

/** The threads of an engine, which exist while any of its programs needs them. */
export class ThreadPool {
  private threads: Promise<Threads | null> | null = null;
  private users = 0;

  constructor(
    private readonly engine: string,
    private readonly heap: Heap,
    private readonly options: ThreadOptions,
    /** Number of times that a thread polls for the next piece of work before it sleeps. */
    private readonly polls: number,
  ) {}

  /** @returns Null if a thread does not start in time. @throws EngineError if one cannot start. */
  async enter(): Promise<Threads | null> {
    this.users++;
    this.threads ??= Threads.start(this.engine, this.heap, this.options, this.polls);
    try {
      const threads = await this.threads;
      // A thread that did not start in time is not waited for again.
      if (threads === null) this.users--;
      return threads;
    } catch (error) {
      this.users--;
      this.threads = null;
      throw error;
    }
  }

  leave(): void {
    if (--this.users > 0) return;
    void this.threads?.then((threads) => threads?.end());
    this.threads = null;
  }
}
