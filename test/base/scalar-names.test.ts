import { describe, expect, it } from "vitest";

import { namePattern } from "../../src/base/name-pattern.ts";
import {
  deadUnits,
  entriesOf,
  gradientNorm,
  isMonitored,
  isOfMetric,
  isShareByPlace,
  isStderr,
  metricLabel,
  metricStderr,
  modeShare,
  sampleDiversity,
  scalarParts,
  stepScalar,
} from "../../src/base/scalar-names.ts";
import { stateEntry, stateNames } from "../../src/step/state-view.ts";

describe("a name pattern", () => {
  const pattern = namePattern("stats/{net}.{path}");

  it("parses the names that it builds", () => {
    expect(pattern.name({ net: "trunk", path: "norm.mean" })).toBe("stats/trunk.norm.mean");
    expect(pattern.parse("stats/trunk.norm.mean")).toEqual({ net: "trunk", path: "norm.mean" });
  });

  it("rejects names of another form", () => {
    for (const other of ["stats/trunk", "params/trunk.mean", "stats/.mean", "stats/a/b.mean", "my stats/a.mean", ""]) {
      expect(pattern.parse(other), other).toBeNull();
    }
    // A point in a pattern is that point.
    expect(pattern.parse("stats/trunkxmean")).toBeNull();
  });
});

describe("names of a run's scalars", () => {
  it("have not changed since the first version", () => {
    expect(stepScalar.name({ step: "vae", scalar: "kl" })).toBe("vae/kl");
    expect(gradientNorm.name({ step: "generators", net: "AtoB" })).toBe("gradient/generators/AtoB");
    expect(deadUnits.name({ net: "decoder", layer: "layer1" })).toBe("dead/decoder/layer1");
    expect(modeShare.name({ mode: 3 })).toBe("modes/share/3");
    expect([sampleDiversity(null), sampleDiversity("AtoB")]).toEqual(["samples/diversity", "samples/diversity/AtoB"]);
    expect([metricLabel("fid"), metricLabel("pair-error", "BtoA")]).toEqual(["fid", "pair-error/BtoA"]);
    expect(metricStderr("pair-error/BtoA")).toBe("pair-error/BtoA/stderr");
  });

  it("are parsed into the parts that charts use", () => {
    expect(scalarParts("elbo")).toEqual({ owner: "elbo", quantity: null, part: null, title: "elbo" });
    expect(scalarParts("elbo/klPerLatent/3")).toMatchObject({ quantity: "klPerLatent", part: "3" });
    expect(scalarParts("elbo/klPerLatent/3").title).toBe("elbo/klPerLatent");
    expect([entriesOf("klPerLatent"), entriesOf("accuracyPerClass"), entriesOf("recon")]).toEqual([
      "Latent",
      "Class",
      null,
    ]);
  });

  it("state the quantity they measure", () => {
    expect([isOfMetric("elbo/kl", "elbo"), isOfMetric("elbo", "elbo"), isOfMetric("elbow", "elbo")]).toEqual([
      true,
      true,
      false,
    ]);
    expect([isStderr("elbo/stderr"), isStderr("elbo/recon")]).toEqual([true, false]);
    expect(["modes/share/3", "samples/near/0", "modes/covered", "samples/diversity/AtoB"].map(isShareByPlace)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(["gradient", "dead", "samples", "overfit", "vae", "elbo"].filter(isMonitored)).toEqual([
      "gradient",
      "dead",
      "samples",
      "overfit",
    ]);
  });
});

describe("names of a run's state tensors", () => {
  it("are parsed as they are built", () => {
    expect(stateEntry(stateNames.params("decoder"))).toEqual({ kind: "params", net: "decoder" });
    expect(stateEntry(stateNames.stat("trunk", "norm.mean"))).toEqual({
      kind: "stat",
      net: "trunk",
      path: "norm.mean",
    });
    expect(stateEntry(stateNames.slot("generator", "generator", "ema"))).toEqual({
      kind: "slot",
      step: "generator",
      net: "generator",
      slot: "ema",
    });
    expect(() => stateEntry("decoder")).toThrow("got decoder");
  });
});
