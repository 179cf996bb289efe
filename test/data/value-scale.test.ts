import { describe, expect, it } from "vitest";

import { type NumberType, ValueFault, scaleOf, toUnitRange } from "../../src/data/index.ts";

function valuesOf(data: readonly number[], type: NumberType): number[] {
  const values = toUnitRange(data, type);
  if (values instanceof ValueFault) throw new Error(values.reason);
  return [...values];
}

function faultOf(data: readonly number[], type: NumberType): ValueFault {
  const fault = toUnitRange(data, type);
  expect(fault).toBeInstanceOf(ValueFault);
  return fault as ValueFault;
}

describe("toUnitRange", () => {
  it.each([
    ["bool", [0, 1], [0, 1]],
    ["uint8", [0, 51, 255], [0, 0.2, 1]],
    ["uint16", [0, 257, 65535], [0, 1 / 255, 1]],
    ["uint32", [0, 2 ** 32 - 1], [0, 1]],
    ["float16", [0, 0.5, 1], [0, 0.5, 1]],
    ["float64", [0.25, 1.0000000000000002, -1e-17], [0.25, 1, 0]],
    ["float32", [0.1, 0.2], [0.1, 0.2]],
  ] as const)("%s has the range of its type, whatever the values", (type, data, expected) => {
    const values = valuesOf(data, type);
    values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 7));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
  });

  it.each([
    ["float32", [0, 0.5, 255, 3], 2, "from 0 to 255", "a / 255"],
    ["float32", [0.1, -1, 1], 1, "from -1 to 1", "(a + 1) / 2"],
    ["float64", [0, 1.04, -0.02], 1, "from -0.02 to 1.04", "numpy.clip(a, 0, 1)"],
    ["float32", [0, 4095], 1, "from 0 to 4095", "a / 4095"],
    ["int16", [0, 32656], 1, "int16 numbers from 0 to 32656", "a / 32767"],
    ["int16", [0, 4000], 1, "int16 numbers from 0 to 4000", "convert 12-bit values with a / 4095"],
    ["int8", [0, 100], 1, "int8 numbers from 0 to 100", "a / 127"],
    ["int32", [0, 60000], 1, "int32 numbers from 0 to 60000", "convert 16-bit values with a / 65535"],
    ["float32", [-1000, 3000], 0, "from -1000 to 3000", "(a - low) / (high - low)"],
    ["int64", [0, 3, 255], 1, "int64 numbers from 0 to 255", 'astype("uint8")'],
    ["int8", [-128, 127], 0, "int8 numbers from -128 to 127", "(a - low) / (high - low)"],
    ["int32", [0, 1, 1], 0, "int32 numbers from 0 to 1", '(255 * a).astype("uint8")'],
    ["float32", [0, 7, NaN, Infinity], 2, "NaN among its float32 numbers", "remove"],
    ["float64", [0, -Infinity], 1, "-Infinity among", "remove"],
  ] as const)("rejects %s %j, describing the values", (type, data, at, reason, hint) => {
    const fault = faultOf(data, type);
    expect(fault.at).toBe(at);
    expect(fault.reason).toContain(reason);
    expect(fault.hint).toContain(hint);
  });

  it("defines no black and white for signed integers", () => {
    for (const type of ["int8", "int16", "int32", "int64"] as const) expect(scaleOf(type)).toBeNull();
    expect(scaleOf("uint16")).toEqual({ type: "uint16", low: 0, high: 65535 });
  });
});
