/** The only source of time. It is passed in wherever time is needed, so that tests can set it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, monotonic within a process. */
  now(): number;
}

export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now() };
