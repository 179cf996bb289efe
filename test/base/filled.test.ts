import { expect, it } from "vitest";

import { filled } from "../../src/base/filled.ts";

it("filled arrays equal those of `from`", () => {
  const data = Float64Array.of(0.1, -2, 1e9, NaN);
  const at = (i: number) => 3 * data[i]! + i;
  expect(filled(new Float32Array(4), at)).toEqual(Float32Array.from(data, (_, i) => at(i)));
  expect(filled(new Int32Array(4), at)).toEqual(Int32Array.from(data, (_, i) => at(i)));
  expect(filled(new Uint8Array(4), at)).toEqual(Uint8Array.from(data, (_, i) => at(i)));
  const none = new Float32Array(0);
  expect(filled(none, () => 1)).toBe(none);
});
