import { describe, expect, it } from "vitest";

import { MeasuredJobs } from "../../src/node/measured-jobs.ts";

/**
 * Trains trials of given steps a second for so many seconds, and returns the jobs after each change with its reason.
 * @param share What is left of each trial's speed with so many at once.
 */
function trained(
  most: number,
  share: (jobs: number) => number,
  { speeds = [100, 1, 30, 7, 50, 2, 90, 11], seconds = 120, pauseAt = -1, startUp = 2 } = {},
) {
  let now = 0;
  const changes: [jobs: number, reason: string | null][] = [];
  const measured: MeasuredJobs = new MeasuredJobs(most, (reason) => changes.push([measured.jobs, reason]), {
    now: () => 1000 * now,
  });
  const begun = new Map<number, number>();
  const steps = new Map<number, number>();
  for (; now < seconds; now++) {
    for (let trial = 0; trial < measured.jobs; trial++) {
      if (!begun.has(trial)) begun.set(trial, now);
      const trains = now - begun.get(trial)! >= startUp && now % 4 !== pauseAt;
      steps.set(trial, (steps.get(trial) ?? 0) + (trains ? speeds[trial]! * share(measured.jobs) : 0));
      if (now - begun.get(trial)! >= startUp) measured.progressed(`${trial}`, steps.get(trial)!);
    }
  }
  return { measured, changes };
}

describe("the number of trials at once", () => {
  it("doubles to the limit if each trial keeps its speed, however different the trials are", () => {
    const { changes } = trained(6, () => 1);
    expect(changes).toEqual([
      [2, null],
      [4, null],
      [6, null],
      [6, "in total they train 1.5 times as fast as 4"],
    ]);
  });

  it("stays at one if two are as fast as one in all", () => {
    const { changes } = trained(2, (jobs) => (jobs === 1 ? 1 : 0.525));
    expect(changes.at(-1)).toEqual([1, "2 would train only 1.05 times as fast in total"]);
  });

  it("goes back to the number beyond which more trials gain nothing", () => {
    const { changes } = trained(8, (jobs) => Math.min(1, 4 / jobs));
    expect(changes.map(([jobs]) => jobs)).toEqual([2, 4, 8, 4]);
  });

  it("is not affected by one second of evaluation in four", () => {
    expect(trained(2, () => 1, { pauseAt: 1 }).measured.jobs).toBe(2);
    expect(trained(2, (jobs) => 1 / jobs, { pauseAt: 1 }).measured.jobs).toBe(1);
  });

  it("is the limit immediately if trials end before they are measured", () => {
    const { measured, changes } = trained(4, () => 1, { seconds: 5 });
    expect(measured.jobs).toBe(1);
    measured.ended();
    expect(changes).toEqual([[4, null]]);
    measured.ended();
    expect(changes).toHaveLength(1);
  });
});
