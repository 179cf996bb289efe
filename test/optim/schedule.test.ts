import { describe, expect, it } from "vitest";

import {
  asSchedule,
  constantSchedule,
  cosineSchedule,
  emaWarmup,
  linearSchedule,
  withWarmup,
} from "../../src/optim/index.ts";
import "../tolerance.ts";

describe("schedules", () => {
  it("are constant, or numbers as constants", () => {
    expect([0, 5, 1e9].map(constantSchedule(0.3))).toEqual([0.3, 0.3, 0.3]);
    expect(asSchedule(0.3)(7)).toBe(0.3);
    expect(asSchedule((step) => step * 2)(7)).toBe(14);
  });

  it("are linear between two steps and constant outside them", () => {
    const line = linearSchedule(1, 3, 10, 20);
    expect([0, 10, 15, 20, 1000].map(line)).toEqual([1, 1, 2, 3, 3]);
    expect([0, 1].map(linearSchedule(1, 3, 0, 0))).toEqual([1, 3]);
  });

  it("decay along half a cosine", () => {
    const cosine = cosineSchedule(1, 0, 100);
    expect([0, 25, 50, 75, 100, 200].map(cosine)).toBeAllclose(
      [1, 0.5 + Math.SQRT1_2 / 2, 0.5, 0.5 - Math.SQRT1_2 / 2, 0, 0],
      {
        relative: 1e-12,
      },
    );
  });

  it("fall from and to any values", () => {
    expect([0, 5, 10, 11].map(cosineSchedule(3, 1, 10))).toBeAllclose([3, 2, 1, 1], { relative: 1e-12 });
  });

  it("of an EMA decay rise until they reach it", () => {
    const expected = [1 / 10, 11 / 20, 80 / 89, 0.9, 0.9];
    expect([0, 10, 79, 80, 1000].map(emaWarmup(0.9))).toBeAllclose(expected, { relative: 1e-15 });
  });

  it("warm up from the first step", () => {
    const warm = withWarmup(constantSchedule(8), 4);
    expect([0, 1, 2, 3, 4, 100].map(warm)).toEqual([2, 4, 6, 8, 8, 8]);
    expect(withWarmup(constantSchedule(8), 0)(0)).toBe(8);
  });
});
