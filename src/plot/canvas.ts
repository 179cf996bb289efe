import { type NdArray, zeros } from "../base/ndarray.ts";

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * A drawing surface [h, w, 3]. Coordinates are pixels from the upper left corner; the pixel of row 0, column 0 has its
 * centre at (0.5, 0.5). Edges are antialiased: a pixel takes as much of a colour as the shape covers of it.
 */
export class Canvas {
  readonly image: NdArray<"uint8">;

  constructor(
    readonly height: number,
    readonly width: number,
    ground: Colour,
  ) {
    this.image = zeros([height, width, 3], "uint8");
    this.box(0, 0, width, height, ground);
  }

  /** Mixes a colour into one pixel: share 0 leaves it, 1 replaces it. Has no effect outside the picture. */
  mix(column: number, row: number, colour: Colour, share: number): void {
    if (column < 0 || row < 0 || column >= this.width || row >= this.height || share <= 0) return;
    const at = 3 * (row * this.width + column);
    const { data } = this.image;
    for (let k = 0; k < 3; k++) data[at + k] = mixed(data[at + k]!, colour[k]!, share);
  }

  /** A filled box of whole pixels. */
  box(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let row = top; row < top + height; row++) {
      for (let column = left; column < left + width; column++) this.mix(column, row, colour, 1);
    }
  }

  dot(x: number, y: number, radius: number, colour: Colour, opacity = 1): void {
    this.stamp(x, y, radius, (distance) => opacity * covered(radius - distance), colour);
  }

  /** A circle with a line of one pixel. */
  ring(x: number, y: number, radius: number, colour: Colour, opacity = 1): void {
    this.stamp(x, y, radius, (distance) => opacity * covered(0.5 - Math.abs(distance - radius)), colour);
  }

  /** A number in small digits, with its upper left corner at a whole pixel. */
  digits(text: string, left: number, top: number, colour: Colour): void {
    Array.from(text).forEach((letter, i) => {
      (glyphs[letter] ?? []).forEach((row, y) => {
        for (let x = 0; x < 3; x++) {
          if (row & (4 >> x)) this.box(left + dotSize * (4 * i + x), top + dotSize * y, dotSize, dotSize, colour);
        }
      });
    });
  }

  private stamp(x: number, y: number, reach: number, share: (distance: number) => number, colour: Colour): void {
    const [left, right] = [Math.floor(x - reach - 1), Math.ceil(x + reach + 1)];
    const [top, bottom] = [Math.floor(y - reach - 1), Math.ceil(y + reach + 1)];
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        this.mix(column, row, colour, share(Math.hypot(column + 0.5 - x, row + 0.5 - y)));
      }
    }
  }
}

function mixed(from: number, to: number, share: number): number {
  return Math.round(from + share * (to - from));
}

/** Linear interpolation between two colours: 0 is the first, 1 the second. */
export function blend(from: Colour, to: Colour, share: number): Colour {
  return [mixed(from[0], to[0], share), mixed(from[1], to[1], share), mixed(from[2], to[2], share)];
}

/** Coverage of a pixel by a half-plane whose edge is at this signed distance from its centre. */
export function covered(inside: number): number {
  return Math.min(1, Math.max(0, inside + 0.5));
}

const dotSize = 2;

/** Size of a number in pixels. */
export function digitsSize(text: string): { readonly width: number; readonly height: number } {
  return { width: dotSize * (4 * Array.from(text).length - 1), height: dotSize * 5 };
}

/** Five rows of three bits per glyph. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  "0": [7, 5, 5, 5, 7],
  "1": [2, 6, 2, 2, 7],
  "2": [7, 1, 7, 4, 7],
  "3": [7, 1, 7, 1, 7],
  "4": [5, 5, 7, 1, 1],
  "5": [7, 4, 7, 1, 7],
  "6": [7, 4, 7, 5, 7],
  "7": [7, 1, 1, 1, 1],
  "8": [7, 5, 7, 5, 7],
  "9": [7, 5, 7, 1, 7],
  ".": [0, 0, 0, 0, 2],
  ",": [0, 0, 0, 2, 4],
  "−": [0, 0, 7, 0, 0],
  e: [0, 7, 6, 4, 7],
  "-": [0, 0, 7, 0, 0],
  k: [4, 5, 6, 5, 5],
  M: [5, 7, 7, 5, 5],
};
