/** A number as a function of the number of steps done: a learning rate, a temperature, a loss weight. */
export type Schedule = (step: number) => number;

/** The same value at every step. */
export function constantSchedule(value: number): Schedule {
  return () => value;
}

/** `from` until step `start`, then linear to `to` at step `end`, constant from there on. */
export function linearSchedule(from: number, to: number, start: number, end: number): Schedule {
  return (step) => from + (to - from) * Math.min(1, Math.max(0, (step - start) / Math.max(1, end - start)));
}

/**
 * Half a cosine from `from` at step 0 to `to` at step `end`. @source Loshchilov, Hutter, arXiv 1608.03983, equation 5.
 */
export function cosineSchedule(from: number, to: number, end: number): Schedule {
  return (step) => to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, step / Math.max(1, end))))) / 2;
}

/** Scales a schedule up linearly over its first `steps` steps. */
export function withWarmup(schedule: Schedule, steps: number): Schedule {
  return (step) => schedule(step) * Math.min(1, (step + 1) / Math.max(1, steps));
}

/** A number as a constant schedule; a schedule unchanged. */
export function asSchedule(value: number | Schedule): Schedule {
  return typeof value === "number" ? constantSchedule(value) : value;
}
