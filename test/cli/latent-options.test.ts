import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
  await writeTinyData(work.folder);
});
afterAll(() => work.remove());

describe("incompatible options of latent-variable models", () => {
  it.each<[words: string, rule: string, hint: string]>([
    [
      "vae --estimator gumbel-softmax",
      "must be one of pathwise, score-function - got gumbel-softmax",
      "categorical-vae",
    ],
    ["vae --estimator straight-through", "got straight-through", "categorical-vae"],
    ["categorical-vae --estimator pathwise", "must be one of gumbel-softmax, straight-through", "gradient estimator"],
    ["categorical-vae --temperature 0", "temperature must be above 0 - got 0", "no gradient"],
    ["categorical-vae --temperature -1", "temperature must be above 0 - got -1", "no gradient"],
    ["categorical-vae --temperature-floor 0", "--temperature-floor must be above 0 - got 0", "variance explodes"],
    ["categorical-vae --temperature 0.1", "got 0.1 with a floor of 0.5", "lower --temperature-floor"],
    ["categorical-vae --mc-samples 4", "got 4 with gumbel-softmax", "--estimator score-function"],
    [
      "categorical-vae --kl relaxed --estimator straight-through",
      "needs relaxed samples - got straight-through",
      "--kl categorical",
    ],
    ["beta-vae --kl-target 5 --beta 2", "got beta 2 and kl-target 5", "one of --beta, --kl-target and --capacity"],
    ["beta-vae --kl-target 3 --capacity 5", "got kl-target 3 and capacity 5", "one of --beta, --kl-target"],
    ["beta-vae --capacity 5 --beta 3", "got beta 3 and capacity 5", "one of --beta, --kl-target"],
    ["beta-vae --beta -1", "beta must be at least 0 - got -1", "weight of the KL"],
    ["beta-vae --kl-target 0", "--kl-target must be above 0 - got 0", "constrain the KL term"],
    ["beta-vae --beta-warmup 10 --kl-target 3", "got 10 with kl-target", "remove --beta-warmup"],
    ["iwae --importance-samples 0", "--importance-samples must be at least 1 - got 0", "importance samples of z"],
    ["vae --baseline loo", "got loo with pathwise", "add --estimator score-function"],
    ["vae --baseline mean --estimator pathwise", "got mean with pathwise", "add --estimator score-function"],
    ["vae --estimator score-function --baseline loo", "needs at least two samples - got 1", "add --mc-samples 4"],
    ["vae --mc-samples 0", "--mc-samples must be at least 1 - got 0", "Monte Carlo samples"],
  ])("%s is rejected before anything is written, with a hint", async (words, rule, hint) => {
    const before = await filesIn(work.folder);
    const { code, stdout, stderr } = await zaya(work.folder, "train", ...words.split(" "), "--data", "tiny.npy");
    expect([code, stdout]).toEqual([2, ""]);
    const [error, advice] = stderr.split("\n");
    expect(error).toMatch(/^error: /);
    expect(error).toContain(rule);
    expect(advice).toMatch(/^hint: /);
    expect(advice).toContain(hint);
    expect(await filesIn(work.folder)).toEqual(before);
  });
});
