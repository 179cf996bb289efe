import { z } from "zod";
import { range } from "../../../src/base/range.ts";
import { fold, key } from "../../../src/base/random.ts";
import { readExact } from "../../../src/data/index.ts";
import { type ConfiguredModel, adagan, gan, pacgan, unrolledGan, veegan, wganGp } from "../../../src/models/index.ts";
import type { LiveTraining } from "../../../src/train/index.ts";
import {
  type BarsPicture,
  type Colour,
  type Numbers,
  type PlaceName,
  type Text,
  choice,
  defineLab,
  slider,
} from "./lab.ts";
import { generatedData, modeShares, openTraining, pointsOf, trainingsCode } from "./training.ts";

interface Remedy {
  readonly recipe: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  configure(options: Readonly<Record<string, unknown>>): ConfiguredModel;
}

const remedies = {
  none: { recipe: "gan", name: "gan", options: { loss: "minimax" }, configure: gan },
  "non-saturating": { recipe: "gan", name: "gan", options: {}, configure: gan },
  noise: { recipe: "gan", name: "gan", options: { loss: "minimax", instanceNoise: 0.2 }, configure: gan },
  unrolled: { recipe: "unrolled-gan", name: "unrolledGan", options: { unroll: 5 }, configure: unrolledGan },
  "wgan-gp": { recipe: "wgan-gp", name: "wganGp", options: {}, configure: wganGp },
  veegan: { recipe: "veegan", name: "veegan", options: {}, configure: veegan },
  pacgan: { recipe: "pacgan", name: "pacgan", options: { packing: 2 }, configure: pacgan },
  adagan: { recipe: "adagan", name: "adagan", options: { components: 4 }, configure: adagan },
} as const satisfies Readonly<Record<string, Remedy>>;

const names = {
  none: { en: "none: minimax loss", fa: "بدون درمان: زیان کمینه-بیشینه" },
  "non-saturating": { en: "non-saturating loss", fa: "زیان غیراشباع‌شونده" },
  noise: { en: "instance noise", fa: "نویز ورودی" },
  unrolled: { en: "unrolled, K = 5", fa: "بازشده (unrolled)، K = 5" },
  "wgan-gp": { en: "WGAN-GP", fa: "WGAN-GP" },
  veegan: { en: "VEEGAN", fa: "VEEGAN" },
  pacgan: { en: "PacGAN, packs of 2", fa: "PacGAN، بسته‌های ۲تایی" },
  adagan: { en: "AdaGAN, 4 components", fa: "AdaGAN، ۴ مؤلفه" },
} as const;

/** The same in pictures. */
const shortNames: Readonly<Record<keyof typeof names, PlaceName>> = {
  none: { en: "minimax", fa: "کمینه-بیشینه" },
  "non-saturating": { en: "non-saturating", fa: "غیراشباع" },
  noise: { en: "noise", fa: "نویز" },
  unrolled: { en: "unrolled", fa: "بازشده" },
  "wgan-gp": "WGAN-GP",
  veegan: "VEEGAN",
  pacgan: "PacGAN",
  adagan: "AdaGAN",
};

const controls = z.object({
  remedy: choice({ en: "remedy", fa: "درمان" }, "none", {
    ...names,
    all: { en: "all side by side, a step of each in turn", fa: "همه کنار هم، به نوبت از هر کدام یک گام" },
  }),
  data: choice({ en: "data", fa: "داده" }, "ring8", {
    ring8: { en: "8 Gaussians on a ring", fa: "۸ گاوسی روی حلقه" },
    grid25: { en: "25 Gaussians on a grid", fa: "۲۵ گاوسی روی شبکه" },
  }),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 50, 1]),
  length: slider({ en: "steps of the whole run", fa: "گام‌های کل اجرا" }, 6000, [1000, 20000, 1000]),
});

type Controls = z.output<typeof controls>;
const extents = { ring8: [-1.6, 1.6, -1.6, 1.6], grid25: [-5.5, 5.5, -5.5, 5.5] } as const;
const shown = 500;

type Name = keyof typeof remedies;
/** The remedies that are trained. */
const chosenOf = ({ remedy }: Controls): Name[] => (remedy === "all" ? (Object.keys(remedies) as Name[]) : [remedy]);
const optionsOf = (name: Name) => ({ hidden: [64, 64], ...remedies[name].options });
const trainingOf = ({ rate }: Controls, seed: number, steps: number) =>
  ({ steps, batch: 128, learningRate: rate * 1e-4, schedule: "constant", seed }) as const;

export const collapseClinic = defineLab({
  id: "collapse-clinic",
  title: { en: "Collapse clinic", fa: "درمانگاه فروپاشی" },
  idea: {
    en: "Several remedies help a generator that covers few modes; each costs time per step.",
    fa: "مولدی که فقط به چند مُد سر می‌زند چند درمان دارد؛ بهای هر کدام زمان بیشتر در هر گام است.",
  },
  lesson: [
    {
      en: "The strip shows the share of points in every mode over time: a full column of equal colour is what we want.",
      fa: "نوار، سهم نقطه‌ها در هر مُد را در طول زمان نشان می‌دهد: ستونی یک‌رنگ همان چیزی است که می‌خواهیم.",
    },
    {
      en: "The generator goes where the discriminator is wrong now, and the discriminator follows: modes light up and go out.",
      fa: "مولد به جایی می‌رود که تمییزدهنده اکنون اشتباه می‌کند و تمییزدهنده دنبالش می‌آید: مُدها روشن و خاموش می‌شوند.",
    },
    {
      en: "Unrolling lets the generator foresee K updates of the discriminator; each step then costs about K additional discriminator updates.",
      fa: "بازکردن (unrolling) به مولد اجازه می‌دهد K به‌روزرسانی تمییزدهنده را پیش‌بینی کند؛ هر گام به اندازهٔ حدود K به‌روزرسانی تمییزدهنده گران‌تر می‌شود.",
    },
    {
      en: "PacGAN shows the discriminator packs of several points, so that it sees a lack of diversity directly.",
      fa: "PacGAN بسته‌هایی از چند نقطه را با هم به تمییزدهنده نشان می‌دهد تا نبودِ تنوع را مستقیم ببیند.",
    },
    {
      en: "No remedy always helps: compare two of them with the same seed, then with others.",
      fa: "هیچ درمانی همیشه کار نمی‌کند: دو درمان را با یک بذر و سپس با بذرهای دیگر مقایسه کنید.",
    },
  ],
  question: {
    en: "Which remedy covers most modes for the same time, not for the same steps?",
    fa: "کدام درمان در زمان برابر، و نه در گام‌های برابر، بیشترین مُد را پوشش می‌دهد؟",
  },
  challenge: {
    text: {
      en: "On the ring, cover 6 of the 8 modes with one remedy, within 2,000 steps.",
      fa: "روی حلقه، با یک درمان ۶ مُد از ۸ مُد را در ۲٬۰۰۰ گام پوشش دهید.",
    },
    isMet: ({ modes = 0, of = 0 }, step) => of === 8 && step <= 2000 && modes >= 6,
  },
  controls,
  contrast: { remedy: "pacgan" },
  measureEvery: 100,
  meters: [
    {
      id: "most",
      label: { en: "modes covered by the best remedy", fa: "مُدهای پوشش‌داده‌شدهٔ بهترین درمان" },
      ideal: { en: "all", fa: "همه" },
    },
    {
      id: "modes",
      label: { en: "modes covered", fa: "مُدهای پوشش‌داده‌شده" },
      ideal: { en: "all", fa: "همه" },
      chart: "modes",
    },
    {
      id: "quality",
      label: { en: "share of points near a mode", fa: "سهم نقطه‌های نزدیک به یک مُد" },
      ideal: 0.99,
      chart: "quality",
    },
    { id: "emd", label: { en: "EMD to test points", fa: "EMD تا نقطه‌های آزمون" }, chart: "emd" },
    {
      id: "milliseconds",
      isTime: true,
      label: { en: "milliseconds per step here (mean)", fa: "میلی‌ثانیه در هر گام در اینجا (میانگین)" },
    },
  ],
  pictures: [
    {
      id: "strip",
      title: { en: "Share of points by mode over time", fa: "سهم نقطه‌ها در هر مُد در طول زمان" },
      wide: true,
    },
    { id: "plane", title: { en: "Points", fa: "نقطه‌ها" } },
    {
      id: "coverage",
      title: { en: "Modes covered by each remedy over time", fa: "مُدهای پوشش‌داده‌شدهٔ هر درمان در طول زمان" },
      wide: true,
    },
    { id: "qualities", title: { en: "Quality by remedy", fa: "کیفیت به تفکیک درمان" } },
    { id: "prices", title: { en: "Cost of each remedy in time", fa: "بهای زمانی هر درمان" } },
  ],
  charts: [
    { id: "modes", title: { en: "Modes covered", fa: "مُدهای پوشش‌داده‌شده" } },
    { id: "quality", title: { en: "Share of points near a mode", fa: "سهم نقطه‌های نزدیک به یک مُد" } },
    { id: "emd", title: { en: "Earth mover's distance", fa: "فاصلهٔ جابه‌جاکنندهٔ خاک" } },
  ],
  explain: {
    text: {
      en: "A mode is covered where at least a tenth of its expected share of 2,500 samples lies within three deviations of its centre, as in zaya's metric modes.",
      fa: "مُدی پوشش داده شده است که دست‌کم یک‌دهم سهم آن از ۲٬۵۰۰ نمونه در فاصلهٔ سه انحراف معیار از مرکزش باشند؛ مانند سنجهٔ modes در zaya.",
    },
    formula: ({ most = 0, modes = most, of = 0, quality = 0 }) => [
      String.raw`\min_G\max_D V(D,G)\ \ne\ \max_D\min_G V(D,G)`,
      String.raw`\text{modes }${modes}\text{ of }${of},\qquad \text{near a mode: }${(100 * quality).toFixed(1)}\%`,
    ],
  },
  code: (chosen, seed, step) => {
    const until = Math.max(1, step);
    const trainings = chosenOf(chosen).map((each) => {
      const { recipe, name } = remedies[each];
      // Some remedies change over the whole run: a shorter one is another.
      const isWhole = each === "noise" || each === "adagan";
      const shown = {
        recipe,
        name,
        model: optionsOf(each),
        data: [chosen.data],
        training: trainingOf(chosen, seed, isWhole ? chosen.length : until),
        ...(isWhole && { until }),
        shows: ["samples"],
      } as const;
      return [`clinic-${each}`, shown] as const;
    });
    return { ...trainingsCode(trainings), further: "npx zaya repro unrolled-ring" };
  },
  open: async (chosen, { seed, engine }) => {
    const data = generatedData(chosen.data);
    const real = Float32Array.from((await readExact(data.test, range(0, shown))).data);
    const { modes } = data.test;
    const of = modes?.kind === "centers" ? modes.centers.shape[0]! : 0;
    const noise = fold(key(seed), "arena");
    const games: Game[] = [];
    for (const name of chosenOf(chosen)) {
      const model = remedies[name].configure(optionsOf(name));
      const training = await openTraining(model, data, trainingOf(chosen, seed, chosen.length), engine);
      games.push({ name, training, seen: [], spent: 0, made: 0 });
    }
    const [main] = games as [Game];
    const isAll = games.length > 1;
    const millisecondsOf = ({ spent, made }: Game) => (made > 0 ? spent / made : Number.NaN);
    return {
      length: chosen.length,
      get step() {
        return main.training.step;
      },
      advance: async () => {
        for (const game of games) {
          const began = performance.now();
          await game.training.next();
          game.spent += performance.now() - began;
          game.made++;
        }
        return {};
      },
      measure: async (): Promise<Numbers> => {
        for (const game of games) {
          const found = await game.training.samples();
          if (game.seen.at(-1)?.step === game.training.step) game.seen.pop();
          const [covered, quality, emd] = ["modes/covered", "modes/highQuality", "distance/emd"].map(
            (name) => found[name]!,
          ) as [number, number, number];
          game.seen.push({ step: game.training.step, shares: modeShares(found), covered, quality, emd });
        }
        const { covered, quality, emd } = main.seen.at(-1)!;
        const milliseconds = millisecondsOf(main);
        if (!isAll) {
          return { modes: covered, quality, emd, of, ...(Number.isFinite(milliseconds) && { milliseconds }) };
        }
        const most = Math.max(...games.map(({ seen }) => seen.at(-1)!.covered));
        return { most, of };
      },
      pictures: async () => {
        const columns = main.seen.map(({ step }) => String(step));
        const places = games.map(({ name }) => shortNames[name]);
        const bars = (label: Text, colour: Colour, value: (game: Game) => number): BarsPicture => ({
          kind: "bars",
          places,
          xLabel: { en: "remedy", fa: "درمان" },
          series: [{ label, colour, values: games.map(value) }],
        });
        return {
          ...(isAll && {
            coverage: {
              kind: "matrix" as const,
              rows: places,
              columns,
              values: games.flatMap(({ seen }) => seen.map(({ covered }) => covered)),
              low: 0,
              high: of,
              rowLabel: { en: "modes covered", fa: "مُدهای پوشش‌داده‌شده" },
              columnLabel: { en: "step", fa: "گام" },
            },
            qualities: bars(
              { en: "share of points near a mode", fa: "سهم نقطه‌های نزدیک به یک مُد" },
              "third",
              ({ seen }) => seen.at(-1)?.quality ?? Number.NaN,
            ),
            ...(main.made > 0 && {
              prices: bars(
                { en: "time per step, relative to no remedy", fa: "زمان هر گام نسبت به حالت بدون درمان" },
                "fake",
                (game) => millisecondsOf(game) / millisecondsOf(main),
              ),
            }),
          }),
          ...(!isAll && {
            strip: {
              kind: "matrix" as const,
              rows: Array.from({ length: of }, (_, i) => String(i + 1)),
              columns,
              values: Array.from({ length: of }, (_, i) => main.seen.map(({ shares }) => shares[i]!)).flat(),
              low: 0,
              high: 1 / of,
              rowLabel: { en: "mode, share of points", fa: "مُد، سهم نقطه‌ها" },
              columnLabel: { en: "step", fa: "گام" },
            },
            plane: {
              kind: "plane" as const,
              extent: extents[chosen.data],
              points: [
                { label: { en: "data", fa: "داده" }, colour: "real" as const, xy: real, size: 4, hollow: true },
                {
                  label: { en: "generated", fa: "تولیدشده" },
                  colour: "fake" as const,
                  xy: await pointsOf(main.training.trained, noise, shown),
                  size: 2.5,
                },
              ],
            },
          }),
        };
      },
      release: async () => {
        for (const { training } of games) await training.release();
      },
    };
  },
});

/** A GAN with one of the remedies, and what was measured of it. */
interface Game {
  readonly name: Name;
  readonly training: LiveTraining;
  readonly seen: {
    readonly step: number;
    readonly shares: readonly number[];
    readonly covered: number;
    readonly quality: number;
    readonly emd: number;
  }[];
  /** Milliseconds that its steps took, and how many there were. */
  spent: number;
  made: number;
}
