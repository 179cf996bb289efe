/** Control words that the threads of a program share: 32-bit words from an address that is a multiple of 64. */
export const control = {
  /** Threads that have arrived at the current barrier. */
  arrived: 0,
  /** Barriers passed by all threads. */
  barrier: 1,
  /** Threads that sleep at a barrier. */
  sleepers: 2,
  /** Failure of a thread: 0 for none, 1 while it was running, 2 if it did not arrive at a barrier. */
  failed: 3,
  /** Pieces of work published so far. */
  jobs: 4,
  /** Threads that sleep until the next one. */
  idle: 5,
  /** Program of the piece of work, from 1; 0 for a pending message. */
  program: 6,
  /** The segment of the program. */
  segment: 7,
} as const;
export const controlBytes = 64;
