import { describe, expect, it } from "vitest";
import { z } from "zod";

import { OptionError } from "../../src/base/errors.ts";
import {
  choiceField,
  describeOptions,
  integerField,
  integerListField,
  numberListField,
  numberField,
  numberOrField,
  parseOptions,
} from "../../src/base/options.ts";

const schema = z.object({
  latent: integerField("dimensions of the code", { min: 1 }).default(20),
  rate: numberField("step size", { above: 0, max: 1 }).default(0.5),
  hidden: integerListField("widths").optional(),
  bandwidths: numberListField("deviations", { above: 0 }).optional(),
  arch: choiceField("kind of net", ["mlp", "conv"]).default("mlp"),
  sigma: numberOrField("deviation", ["learned"], { above: 0 }).optional(),
});

const parse = (raw: unknown) => parseOptions(schema, raw, "vae");

describe("parseOptions", () => {
  it("fills in defaults and omits optional values", () => {
    expect(parse({})).toEqual({ latent: 20, rate: 0.5, arch: "mlp" });
  });

  it("accepts text and numbers alike", () => {
    const expected = { latent: 7, rate: 0.25, hidden: [32, 64], bandwidths: [0.5, 2], arch: "conv", sigma: 0.1 };
    expect(
      parse({ latent: "7", rate: "0.25", hidden: "32,64", bandwidths: "0.5,2", arch: "conv", sigma: "0.1" }),
    ).toEqual(expected);
    expect(parse(expected)).toEqual(expected);
    expect(parse({ hidden: 8, sigma: "learned" })).toMatchObject({ hidden: [8], sigma: "learned" });
  });

  it.each([
    [{ latent: 0 }, "latent must be at least 1 - got 0"],
    [{ latent: "2.5" }, "latent must be a whole number - got 2.5"],
    [{ latent: "many" }, "latent must be a whole number - got many"],
    [{ latent: "" }, 'latent must be a whole number - got ""'],
    [{ rate: 0 }, "rate must be above 0 - got 0"],
    [{ rate: 2 }, "rate must be at most 1 - got 2"],
    [{ rate: Infinity }, "rate must be"],
    [{ hidden: "32,," }, "hidden must be whole numbers"],
    [{ hidden: "0" }, "hidden must be at least 1"],
    [{ bandwidths: "1,x" }, "bandwidths must be numbers separated by commas"],
    [{ bandwidths: "1,0" }, "bandwidths must be above 0"],
    [{ arch: "cnn" }, "arch must be one of mlp, conv - got cnn"],
    [{ sigma: "-1" }, "sigma must be"],
    [{ latents: 3 }, "vae has no option latents"],
  ])("rejects %o", (raw, message) => {
    expect(() => parse(raw)).toThrow(OptionError);
    expect(() => parse(raw)).toThrow(message);
  });

  it("suggests the nearest option and lists the available ones", () => {
    const hint = (raw: unknown) => {
      try {
        parse(raw);
      } catch (error) {
        return (error as OptionError).hint;
      }
      return null;
    };
    expect(hint({ arch: "cnn" })).toBe("arch: kind of net");
    expect(hint({ latents: 3 })).toBe("its options are latent, rate, hidden, bandwidths, arch, sigma");
  });
});

describe("describeOptions", () => {
  it("returns names, descriptions and defaults", () => {
    expect(describeOptions(schema).map(({ name, doc, initial }) => [name, doc, initial])).toEqual([
      ["latent", "dimensions of the code", 20],
      ["rate", "step size", 0.5],
      ["hidden", "widths", undefined],
      ["bandwidths", "deviations", undefined],
      ["arch", "kind of net", "mlp"],
      ["sigma", "deviation", undefined],
    ]);
  });
});
