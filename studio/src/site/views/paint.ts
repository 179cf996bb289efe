import type { Colour } from "../../labs/lab.ts";

/** A canvas to draw on, in CSS pixels. */
export interface Paint {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** A colour of the theme. */
  colour(name: Colour | "ink" | "soft" | "line" | "card", alpha?: number): string;
}

/** Ten colours of cividis, dark to light: readable with any kind of colour vision. @source Nunez et al., 2018. */
const cividis = [
  "#00224e",
  "#123570",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8678",
  "#a59c74",
  "#c3b369",
  "#e1cc55",
  "#fee838",
];
const levels = cividis.map((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)));

/** A pixel as canvases keep it: red in the lowest byte. */
const pixel = (red: number, green: number, blue: number) => (255 << 24) | (blue << 16) | (green << 8) | red;

const shades = Int32Array.from({ length: 256 }, (_, shade) => {
  const place = (shade / 255) * (levels.length - 1);
  const i = Math.min(levels.length - 2, Math.floor(place));
  const part = place - i;
  const [red, green, blue] = [0, 1, 2].map((c) => Math.round((1 - part) * levels[i]![c]! + part * levels[i + 1]![c]!));
  return pixel(red!, green!, blue!);
});

/** The pixel of a share in [0, 1]. */
export function cividisAt(share: number): number {
  return shades[Math.round(255 * Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)))]!;
}

/** The pixel of a grey from 0 to 255. */
export const greyAt = (grey: number): number => pixel(grey, grey, grey);

/** The canvas on which images are put before they are scaled. */
let scratch: OffscreenCanvas | null = null;

/** Draws an image of so many pixels on a part of a canvas, scaled; 0 is a transparent pixel. */
export function drawImage(
  context: CanvasRenderingContext2D,
  [columns, rows]: readonly [number, number],
  pixelAt: (column: number, row: number) => number,
  [x, y, width, height]: readonly [number, number, number, number],
): void {
  scratch ??= new OffscreenCanvas(columns, rows);
  if (scratch.width < columns || scratch.height < rows) {
    [scratch.width, scratch.height] = [Math.max(scratch.width, columns), Math.max(scratch.height, rows)];
  }
  const image = new ImageData(columns, rows);
  const pixels = new Int32Array(image.data.buffer);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) pixels[row * columns + column] = pixelAt(column, row);
  }
  const held = scratch.getContext("2d", { willReadFrequently: true })!;
  held.putImageData(image, 0, 0);
  context.drawImage(scratch, 0, 0, columns, rows, x, y, width, height);
}

/** Turns a canvas into a paint of its size on the page, as sharp as the screen. */
export function paintOn(canvas: HTMLCanvasElement, width: number, height: number): Paint {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  return {
    context,
    width,
    height,
    colour: (name, alpha = 1) => {
      const value = style.getPropertyValue(`--${name}`).trim();
      return alpha === 1 ? value : `color-mix(in srgb, ${value} ${100 * alpha}%, transparent)`;
    },
  };
}
