import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { describeOptions, parseOptions } from "../../src/base/options.ts";
import { type MetricResult, metrics } from "../../src/metrics/index.ts";
import { type Given, backwards, doubled } from "./metrics/case.ts";
import { metricCases } from "./metrics/cases.ts";

// What every metric owes. Beside it a golden value from an independent implementation: test/golden.

it("there is a case for every metric", () => {
  expect(metricCases.map(({ metric }) => metric).toSorted()).toEqual(metrics.map(({ name }) => name).toSorted());
});

it("metrics have unique names", () => {
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
});

describe.each(metrics)("metric $name", (metric) => {
  const own = metricCases.find((one) => one.metric === metric.name)!;
  const measure = ({ inputs, options = {} }: Given<typeof own.needs>): MetricResult =>
    metric.measure(inputs, parseOptions(metric.options, options, metric.name));

  it("describes itself and its ideal value", () => {
    for (const text of [metric.summary, metric.source, metric.perfect]) expect(text.length).toBeGreaterThan(0);
    expect(metric.summary.length).toBeLessThan(70);
    expect(metric.needs).toBe(own.needs);
    for (const { name, doc } of describeOptions(metric.options)) expect(doc.length, name).toBeGreaterThan(10);
  });

  it("has the closed-form value, with its unit and number of items", () => {
    const { value, within = 1e-9 } = own.exact;
    const result = measure(own.exact);
    expect(Math.abs(result.value - value)).toBeLessThanOrEqual(within);
    expect(result.metric).toBe(metric.name);
    expect(result.unit.length).toBeGreaterThan(0);
    expect(Number.isSafeInteger(result.n) && result.n > 0).toBe(true);
    expect(result.stderr < 0).toBe(false);
    if (result.interval === undefined) return;
    const [low, high] = result.interval;
    expect(low <= result.value || Number.isNaN(low)).toBe(true);
    expect(high >= result.value || Number.isNaN(high)).toBe(true);
  });

  it("has the ideal value for a perfect model, and no worse model reaches it", () => {
    const { value, within = 1e-9 } = own.perfect;
    const best = measure(own.perfect).value;
    expect(Math.abs(best - value)).toBeLessThanOrEqual(within);
    const worse = measure(own.worse).value;
    if (metric.better === "lower") expect(worse).toBeGreaterThan(best);
    else if (metric.better === "higher") expect(worse).toBeLessThan(best);
    else expect(Math.abs(worse - best)).toBeGreaterThan(within);
  });

  it("does not depend on the order of items", () => {
    for (const given of [own.exact, own.perfect]) {
      const turned = { ...given, inputs: backwards(metric.needs, given.inputs) };
      expect(Math.abs(measure(turned).value - measure(given).value)).toBeLessThanOrEqual(own.orderWithin ?? 1e-9);
    }
  });

  if (own?.twice === true) {
    it("has the same value, and no smaller error, if each item occurs twice", () => {
      const once = measure(own.exact);
      const twice = measure({ ...own.exact, inputs: doubled(metric.needs, own.exact.inputs) });
      expect(Math.abs(twice.value - once.value)).toBeLessThanOrEqual(own.exact.within ?? 1e-9);
      expect(twice.n).toBeGreaterThanOrEqual(once.n);
      expect(twice.stderr > once.stderr + 1e-12).toBe(false);
    });
  }

  it("is reproducible", () => {
    expect(measure(own.exact)).toEqual(measure(own.exact));
  });

  it.each(own?.refuses ?? [])("rejects invalid inputs: $says", (given) => {
    expect(() => measure(given)).toThrow(DataError);
    expect(() => measure(given)).toThrow(given.says);
  });
});
