/** The one source of time. Passed in wherever time is needed, so that a test can say what time it is. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, monotonic within a process. */
  now(): number;
}

export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now() };
