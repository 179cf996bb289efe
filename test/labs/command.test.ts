import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labs } from "../../studio/src/labs/index.ts";
import { type Bench, type Lab, controlsOf } from "../../studio/src/labs/lab.ts";
import { vaeWorkbenchOf } from "../../studio/src/labs/vae.ts";
import { parseMetricLine } from "../../src/run/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";

const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "bin", "zaya.js");
const run = promisify(execFile);

interface Shown {
  /** Controls that are not the initial ones. */
  readonly controls?: Readonly<Record<string, unknown>>;
  readonly steps?: number;
  /** Folder of the run of the command, and what its record calls the meters. */
  readonly record?: readonly [run: string, names: Readonly<Record<string, string>>];
  /** What its evaluations call the meters; `fid.floor` is the floor of a result. */
  readonly evaluations?: Readonly<Record<string, string>>;
  /** Meters whose numbers the TypeScript prints, which is run where they are given. */
  readonly printed?: readonly string[];
}

const gan = { modes: "modes/covered", quality: "modes/highQuality", emd: "distance/emd" };
const bound = { recon: "elbo/recon", kl: "elbo/kl", active: "elbo/activeUnits" };

/** Every lab, with the meters that its command or code gives; the lab itself where it is not as on the site. */
const shown: readonly (readonly [id: string, expected: Shown, lab?: Lab])[] = [
  [
    "estimators",
    { printed: ["scoreMean", "scoreVariance", "scoreError", "pathMean", "pathVariance", "pathError", "n"] },
  ],
  ["gumbel-softmax", { printed: ["mean", "variance", "error", "n"] }],
  [
    "vae-workbench",
    {
      record: [
        "vae-workbench",
        { ...bound, negElbo: "elbo", bits: "elbo/bitsPerDim", loss: "beta-vae/loss", weight: "beta-vae/beta" },
      ],
    },
  ],
  ["disentanglement", { record: ["disentanglement", bound], evaluations: { mig: "mig", migError: "mig.stderr" } }],
  [
    "gan-arena",
    {
      steps: 40,
      controls: { noise: 0.1 },
      record: ["arena", { ...gan, discriminator: "discriminator/loss", generator: "generator/loss" }],
      printed: ["modes", "quality", "emd", "discriminator", "generator", "js", "jsFloor", "jsDiscriminator", "floor"],
    },
  ],
  ["collapse-clinic", { controls: { remedy: "adagan" }, record: ["clinic-adagan", gan] }],
  [
    "dying-relu",
    {
      steps: 40,
      record: [
        "dying-relu",
        {
          dead1: "dead/generator/layer1",
          dead2: "dead/generator/layer2",
          gradient: "gradient/generator/generator",
          emd: "distance/emd",
          loss: "generator/loss",
        },
      ],
    },
  ],
  ["divergences", { printed: ["mean", "kl", "reverse", "js", "w1", "klGradient", "jsGradient", "w1Gradient"] }],
  ["earth-mover", { steps: 0, printed: ["emd", "sinkhorn", "sliced"] }],
  // A completed training run of the sweep, and one in progress.
  [
    "vae-workbench",
    { controls: { objective: "sweep" }, steps: 6, printed: ["negElbo", "recon", "kl", "loss"] },
    vaeWorkbenchOf(4),
  ],
  ["earth-mover", { controls: { arrangement: "ring", play: "critic" }, printed: ["emd", "critic", "criticGap"] }],
  [
    "earth-mover",
    { controls: { arrangement: "mixed", play: "critic" }, steps: 3, printed: ["emd", "critic", "criticGap"] },
  ],
  [
    "vae-or-gan",
    {
      record: ["vae", { vaeLoss: "vae/loss" }],
      evaluations: {
        vaeFid: "vae:fid",
        ganFid: "gan:fid",
        fidFloor: "vae:fid.floor",
        vaePrecision: "vae:precision",
        ganPrecision: "gan:precision",
        vaeRecall: "vae:recall",
        ganRecall: "gan:recall",
        vaeSharpness: "vae:sharpness",
        ganSharpness: "gan:sharpness",
      },
      printed: ["vaeFid", "ganFid", "vaeSharpness", "ganSharpness", "vaeRecall", "ganRecall"],
    },
  ],
  [
    "translation",
    {
      steps: 2,
      record: ["translation", { generators: "generators/loss", discriminatorB: "discriminatorB/loss" }],
      evaluations: { pair: "pair-error", cycleError: "cycle-error", hidden: "hidden-information" },
    },
  ],
  [
    "little-data",
    {
      record: [
        "little-data",
        {
          train: "overfit/scores/train",
          heldOut: "overfit/scores/heldOut",
          memorised: "overfit/memorised",
          emd: "distance/emd",
        },
      ],
      evaluations: { kid: "kid", kidFloor: "kid.floor", leak: "leak", leakFloor: "leak.floor" },
      printed: ["emd", "heldOut", "kid", "leak"],
    },
  ],
];

const site = join(root, "dist", "labs");

const bench = (seed: number): Bench => ({
  seed,
  engine: wasmEngine(),
  read: async (file) => new Uint8Array(gunzipSync(await readFile(join(site, file)))),
});

const initial = (lab: Lab) => Object.fromEntries(controlsOf(lab).map(({ name, initial: value }) => [name, value]));

/**
 * The command as it is run here: a run of few steps would evaluate and sample after each of them, of which only the last is compared,
 * and a translation that ends is evaluated on all test images. The labs on the ring run their command word for word.
 */
const runHere = (command: string) =>
  command
    .replace(
      /^(?<before>.* train .* --data (?!ring8).* --steps )(?<steps>\d+)/,
      "$<before>$<steps> --eval-every $<steps> --sample-every $<steps>",
    )
    .replace(
      /^(?<before>.* train cyclegan .* --steps )(?<steps>\d+) --eval-every \d+/,
      "$<before>10000 --eval-every 10000 --log-every $<steps> --until $<steps>",
    );

/** Numbers in what Node prints of objects and results. */
const numbersIn = (text: string) =>
  new Set([...text.matchAll(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g)].map(([written]) => Number(written)));

describe("the command and code shown by a lab reproduce its numbers bit for bit", () => {
  let folder: string;

  beforeEach(async () => {
    // Inside of the package, which its own code imports by name.
    folder = await mkdtemp(join(root, "test", "labs", ".shown-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("is tested for every lab", () => {
    expect(new Set(shown.map(([id]) => id))).toEqual(new Set(labs.map(({ id }) => id)));
  });

  const ofSite = (id: string) => labs.find((lab) => lab.id === id)!;

  it.each(shown.map(([id, expected, lab = ofSite(id)]) => [id, expected, lab] as const))(
    "%s %j",
    { timeout: 240_000 },
    async (id, expected, lab) => {
      const { controls = {}, steps = 10, record, evaluations = {}, printed } = expected;
      const seed = 5;
      const chosen = lab.controls.parse({ ...initial(lab), ...controls });
      const experiment = await lab.open(chosen, bench(seed));
      // What a chart is drawn over is measured together with what is drawn.
      if (lab.charts.some(({ over }) => over !== undefined)) {
        const begun = await experiment.measure();
        for (const { id: chart, over } of lab.charts.filter((each) => each.over !== undefined)) {
          for (const meter of lab.meters.filter((each) => each.chart === chart)) {
            expect([meter.id, meter.id in begun]).toEqual([meter.id, Object.hasOwn(begun, over!)]);
          }
        }
      }
      const scalars: Record<string, number> = {};
      while (experiment.step < steps) Object.assign(scalars, await experiment.advance());
      const found: Readonly<Record<string, number>> = { ...scalars, ...(await experiment.measure()) };
      await experiment.release();
      const { cli, typescript } = lab.code(chosen as never, seed, steps);

      if (cli !== null) {
        for (const line of cli.split("\n")) {
          const command = runHere(line).replaceAll("npx zaya", `${process.execPath} ${bin}`);
          // 130 is that of a run which stops before its end, as it was told.
          await run("bash", ["-c", command], { cwd: folder }).catch((error: { code: number }) => {
            if (!(error.code === 130 && command.includes("--until"))) throw error;
          });
        }
      }
      if (record !== undefined) {
        const [name, names] = record;
        const text = await readFile(join(folder, "runs", name, "metrics.jsonl"), "utf8");
        const lines = text
          .trim()
          .split("\n")
          .map((line) => parseMetricLine(line, "metrics.jsonl"));
        for (const [meter, scalar] of Object.entries(names)) {
          const line = lines.findLast(
            (each) =>
              each.name === scalar && each.step === steps && each.split !== (scalar.startsWith("elbo") ? "train" : ""),
          );
          expect([meter, found[meter]]).toEqual([meter, line?.value]);
        }
      }
      for (const [meter, written] of Object.entries(evaluations)) {
        const [where, what] = written.includes(":") ? (written.split(":") as [string, string]) : [record![0], written];
        const [metric, detail = "value"] = what.split(".");
        const eva = join(folder, "runs", where, "eval");
        const files = (await readdir(eva)).filter(
          (file) => file.startsWith(`${metric}@`) && file.includes(`seed=${seed}`),
        );
        const values = await Promise.all(
          files.map(async (file) => JSON.parse(await readFile(join(eva, file), "utf8")) as Record<string, number>),
        );
        expect([meter, values.map((each) => each[detail])]).toEqual([meter, expect.arrayContaining([found[meter]])]);
      }
      if (printed !== undefined) {
        const file = join(folder, `${id}.mjs`);
        await writeFile(file, typescript);
        const numbers = numbersIn((await run(process.execPath, [file], { cwd: folder })).stdout);
        for (const meter of printed) {
          expect([meter, numbers.has(found[meter]!)]).toEqual([meter, true]);
        }
      }
    },
  );
});
