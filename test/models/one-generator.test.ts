import { describe, expect, it } from "vitest";

import { key } from "../../src/base/random.ts";
import { flatten } from "../../src/base/tree.ts";
import { type ConfiguredModel, type Model, gan, vae } from "../../src/models/index.ts";

const digits = { kind: "image", shape: [28, 28, 1] } as const;

function build({ definition, options }: ConfiguredModel): Model {
  return definition.build(options, digits);
}

function parameters(model: Model, net: string): [string, readonly number[]][] {
  return [...flatten(model.nets[net]!.init(key(1)))].map(([name, { shape }]) => [name, shape]);
}

describe("VAE and GAN with the nets of a DCGAN", () => {
  const chosen = { arch: "dcgan", hidden: [4, 8], latent: 6 } as const;
  const both = [build(vae({ ...chosen, likelihood: "gaussian" })), build(gan(chosen))] as const;

  it("use the same generator net, with the same initial values", () => {
    const [decoder, generator] = [both[0].nets.decoder!, both[1].nets.generator!];
    expect(flatten(decoder.init(key(1)))).toEqual(flatten(generator.init(key(1))));
    expect(flatten(decoder.stats ?? {})).toEqual(flatten(generator.stats ?? {}));
  });

  it("use the same net for items, except for the number of outputs", () => {
    const encoder = parameters(both[0], "encoder");
    const discriminator = parameters(both[1], "discriminator");
    expect(encoder.slice(0, -2)).toEqual(discriminator.slice(0, -2));
    expect(encoder.at(-1)).toEqual([expect.stringMatching(/bias$/), [12]]);
    expect(discriminator.at(-1)).toEqual([expect.stringMatching(/bias$/), [1]]);
  });
});
