import { describe, expect, it } from "vitest";

import { DivergedError, EngineError, OptionError, ShapeError, ZayaError, inScope } from "../../src/base/errors.ts";

describe("ZayaError", () => {
  it("has the name of its kind, a message and a hint", () => {
    const error = new EngineError("webgpu: no adapter", "use --device cpu");
    expect(error).toBeInstanceOf(ZayaError);
    expect([error.name, error.message, error.hint]).toEqual(["EngineError", "webgpu: no adapter", "use --device cpu"]);
    expect(new OptionError("x").hint).toBeUndefined();
    expect(new DivergedError(12, "loss: must be finite - got NaN").step).toBe(12);
  });
});

describe("inScope", () => {
  const fail = () => {
    throw new ShapeError("matmul: inner extents must be equal - got [2, 3] and [4, 5]", "mend it");
  };

  it("prefixes the path, outermost scope first, and keeps message and hint", () => {
    let caught: unknown;
    try {
      inScope("decoder", () => inScope("2", fail));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ShapeError);
    const error = caught as ShapeError;
    expect(error.message).toBe("matmul: inner extents must be equal - got [2, 3] and [4, 5] (in decoder.2)");
    expect(error.scope).toEqual(["decoder", "2"]);
    expect(error.hint).toBe("mend it");
    expect(error.stack).toContain("errors.test");
  });

  it("returns the body's value and rethrows other errors unchanged", () => {
    expect(inScope("a", () => 3)).toBe(3);
    const other = new RangeError("no");
    expect(() =>
      inScope("a", () => {
        throw other;
      }),
    ).toThrow(other);
  });
});
