/** What threads that run a program together share, in words of 32 bits from an address that is a multiple of 64. */
export const control = {
  /** Threads that have come to the barrier at hand. */
  arrived: 0,
  /** Barriers that all have passed. */
  barrier: 1,
  /** Threads that sleep at a barrier. */
  sleepers: 2,
  /** Not 0 where a thread has failed: 1 while it worked, 2 because it did not come. */
  failed: 3,
  /** Pieces of work that have been given out. */
  jobs: 4,
  /** Threads that sleep until there is another. */
  idle: 5,
  /** The program of the piece of work, from 1; 0 where a message waits. */
  program: 6,
  /** The segment of the program. */
  segment: 7,
} as const;
export const controlBytes = 64;
