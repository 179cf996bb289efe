import { z } from "zod";
import type { Engine } from "../../../src/runtime/index.ts";

/** Languages that the labs speak. */
export const languages = ["en", "fa"] as const;
export type Language = (typeof languages)[number];

/** One text in every language. */
export type Text = Readonly<Record<Language, string>>;

/** What stands at a place of an axis: a number, a name that is the same in all languages, or a text. */
export type PlaceName = string | Text;

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>;

/** The colours of a picture: names, as themes decide what they look like. */
export type Colour = "real" | "fake" | "third" | "fourth" | "soft" | `class${number}`;

/** A curve over the picture's x. */
export interface Curve {
  readonly label: Text;
  readonly colour: Colour;
  readonly values: ArrayLike<number>;
  /** x of its own, where it is not that of the picture. */
  readonly x?: ArrayLike<number>;
  readonly filled?: boolean;
  readonly dashed?: boolean;
  /** Dots instead of a line. */
  readonly dots?: boolean;
}

/** Which axes are logarithmic. */
type Logarithmic = "y" | "both";

/** Curves over a common axis. NaN leaves a gap. */
export interface CurvesPicture {
  readonly kind: "curves";
  readonly x: ArrayLike<number>;
  readonly curves: readonly Curve[];
  readonly xLabel: Text;
  /** Ends of the y axis; those of the values where not given. */
  readonly y?: readonly [number, number];
  readonly log?: Logarithmic | undefined;
  /** A place on the x axis to mark. */
  readonly mark?: number;
  /** The control that a drag along the x axis sets. */
  readonly drag?: string;
}

/** Points, a field and arrows in the plane. */
export interface PlanePicture {
  readonly kind: "plane";
  /** x0, x1, y0, y1 */
  readonly extent: readonly [number, number, number, number];
  readonly points: readonly {
    readonly label: Text;
    readonly colour: Colour;
    /** x and y in turn. */
    readonly xy: ArrayLike<number>;
    readonly size?: number;
    /** A hollow square instead of a disc, so that colour is not all that tells them apart. */
    readonly hollow?: boolean;
  }[];
  /** Values on a grid over the extent, row by row from y0 up; `low` and `high` are the ends of the colour scale. */
  readonly field?: {
    readonly label: Text;
    readonly columns: number;
    readonly rows: number;
    readonly values: ArrayLike<number>;
    readonly low: number;
    readonly high: number;
    /** Where a line is drawn. */
    readonly level?: number;
  };
  /** x, y and the vector's dx, dy in turn. */
  readonly arrows?: ArrayLike<number>;
  /** x, y of both ends and the width in [0, 1] in turn. */
  readonly segments?: ArrayLike<number>;
  /** A closed line, such as the border of a simplex: x and y in turn. */
  readonly outline?: ArrayLike<number>;
  /** What a click on a place does: the lab's `poke`, by this name. */
  readonly poke?: string;
  /** What the pointer does on its way over the places. */
  readonly hover?: string;
  /** Several things that a click may do, to choose from; the first one at the beginning. */
  readonly pens?: readonly { readonly name: string; readonly label: Text }[];
}

/** Bars of one or several series over the same places. */
export interface BarsPicture {
  readonly kind: "bars";
  readonly places: readonly PlaceName[];
  readonly series: readonly { readonly label: Text; readonly colour: Colour; readonly values: ArrayLike<number> }[];
  readonly xLabel: Text;
  /** A level that all bars would have ideally. */
  readonly ideal?: number;
}

/** A matrix as colours. */
export interface MatrixPicture {
  readonly kind: "matrix";
  readonly rows: readonly PlaceName[];
  readonly columns: readonly PlaceName[];
  /** Row by row. */
  readonly values: ArrayLike<number>;
  readonly low: number;
  readonly high: number;
  readonly rowLabel: Text;
  readonly columnLabel: Text;
}

/** Grey images side by side. */
export interface ImagesPicture {
  readonly kind: "images";
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  /** 0 to 255, image by image. */
  readonly pixels: Uint8Array;
  /** What each row of images is, in the order of the rows. */
  readonly rows?: readonly Text[];
  /** What a click on an image does: the lab's `poke`, by this name. */
  readonly poke?: string;
}

export type Picture = CurvesPicture | PlanePicture | BarsPicture | MatrixPicture | ImagesPicture;

/** What an ideal model would have: a number, or words. */
type Ideal = number | Text;

/** A number on the screen. */
interface Meter<Controls> {
  readonly id: string;
  readonly label: Text;
  /** Also where it depends on the controls; undefined where there is none. Numbers are drawn as levels in the charts. */
  readonly ideal?: Ideal | ((controls: Controls) => Ideal | undefined);
  /** Meters that are the ends of its 95 % confidence interval. */
  readonly interval?: readonly [low: string, high: string];
  /** Whether it is a time, which no seed decides. */
  readonly isTime?: boolean;
  /** The chart that it is drawn in over the steps: one of the lab's. */
  readonly chart?: string;
  /** Of its curve there, where a picture shows the same quantity in it. */
  readonly colour?: Colour;
}

/** What runs in the Worker: a model at some step. */
export interface Experiment {
  /** Number of steps done. */
  readonly step: number;
  /** Total number of steps; omitted if there is no limit. */
  readonly length?: number;
  /** Performs one step, or one update of a single net. The numbers that it returns are values of meters. */
  advance(net?: string): Promise<Numbers>;
  /** Values of the meters that take longer to compute than a step. */
  measure(): Promise<Numbers>;
  /** The current contents of the lab's pictures, by name. */
  pictures(): Promise<Readonly<Record<string, Picture>>>;
  /** What a person does to a picture: points or an image drawn, a place chosen. */
  poke?(name: string, value: readonly number[]): void;
  release(): Promise<void>;
}

/** Where an experiment finds what it needs. */
export interface Bench {
  /** A file of the site. */
  read(file: string): Promise<Uint8Array>;
  readonly seed: number;
  readonly engine: Engine;
}

/** The same numbers outside of the page. */
export interface Code {
  /** Null where no command gives them. */
  readonly cli: string | null;
  readonly typescript: string;
  /** A command that shows the same on a larger scale, with numbers of its own. */
  readonly further?: string;
}

/** A lab: one file of this folder, and one line in its index. The shell does the rest. */
export interface Lab<Controls extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: Text;
  /** The idea that it makes plain, in one sentence. */
  readonly idea: Text;
  /** The lesson, sentence by sentence. */
  readonly lesson: readonly Text[];
  /** A question of the course to answer with it. */
  readonly question: Text;
  /** A goal, and whether the meters show that it is met. */
  readonly challenge: { readonly text: Text; isMet(meters: Numbers, step: number): boolean };
  readonly controls: Controls;
  /** Controls of the second side where A and B are compared first. */
  readonly contrast: Partial<z.output<Controls>>;
  /** Nets that can be updated alone, by the names of the steps that train them. */
  readonly nets?: readonly { readonly name: string; readonly label: Text }[];
  readonly meters: readonly Meter<z.output<Controls>>[];
  /** Pictures in their order. `wide` ones take the whole width. */
  readonly pictures: readonly { readonly id: string; readonly title: Text; readonly wide?: boolean }[];
  /** Charts of meters over the steps, or over another meter. */
  readonly charts: readonly {
    readonly id: string;
    readonly title: Text;
    readonly log?: Logarithmic;
    readonly over?: string;
  }[];
  /** Steps between two measurements. */
  readonly measureEvery: number;
  /** The formula in TeX, with the current values in it, and what it says. */
  readonly explain: { readonly text: Text; formula(meters: Numbers, controls: z.output<Controls>): readonly string[] };
  /** Commands and code that give the numbers after so many steps. */
  code(controls: z.output<Controls>, seed: number, step: number): Code;
  /** Whether a person may draw an image for it, of so many pixels a side. */
  readonly drawing?: { readonly side: number; readonly label: Text };
  /** Whether ONNX files that translate images can be tried in it, on pictures of one's own: what that part of the page is called. */
  readonly translators?: Text;
  open(controls: z.output<Controls>, bench: Bench): Promise<Experiment>;
}

/** A lab with its types checked. */
export function defineLab<Controls extends z.ZodObject>(lab: Lab<Controls>): Lab {
  return lab as unknown as Lab;
}

interface Described {
  readonly label: Text;
  /** Distance of two values that a slider can take. */
  readonly step?: number;
  /** Names of choices. */
  readonly names?: Readonly<Record<string, Text>>;
}

/** A number between two ends. */
export function slider(label: Text, initial: number, [min, max, step]: readonly [number, number, number]) {
  return z.number().min(min).max(max).default(initial).meta({ label, step });
}

/** One of several words. */
export function choice<const Words extends Readonly<Record<string, Text>>>(
  label: Text,
  initial: keyof Words & string,
  names: Words,
) {
  type Word = keyof Words & string;
  const words = Object.keys(names) as [Word, ...Word[]];
  return z
    .enum(words)
    .default(initial as never)
    .meta({ label, names });
}

/** A control as the shell draws it. */
export type Control = { readonly name: string; readonly label: Text; readonly initial: number | string } & (
  | { readonly kind: "slider"; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: "choice"; readonly words: readonly { readonly word: string; readonly label: Text }[] }
);

/** The controls of a lab, as its schema declares them. */
export function controlsOf({ controls }: Lab): Control[] {
  return Object.entries(controls.shape).map(([name, field]): Control => {
    const declared = field as z.ZodDefault<z.ZodNumber | z.ZodEnum>;
    const { label, step = 1, names = {} } = declared.meta() as unknown as Described;
    const initial = declared.parse(undefined) as number | string;
    const inner = declared.unwrap();
    if (inner instanceof z.ZodNumber) {
      return { name, label, initial, kind: "slider", min: inner.minValue!, max: inner.maxValue!, step };
    }
    const words = inner.options.map((word) => ({ word: String(word), label: names[word]! }));
    return { name, label, initial, kind: "choice", words };
  });
}
