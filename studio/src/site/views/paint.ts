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

/** Red, green and blue of a share in [0, 1], from 0 to 255. */
export function cividisAt(share: number): [number, number, number] {
  const place = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * (levels.length - 1);
  const i = Math.min(levels.length - 2, Math.floor(place));
  const part = place - i;
  return [0, 1, 2].map((c) => (1 - part) * levels[i]![c]! + part * levels[i + 1]![c]!) as [number, number, number];
}

/** An image of numbers, for a canvas to scale. */
export function imageOf(
  columns: number,
  rows: number,
  colourAt: (column: number, row: number) => readonly [number, number, number, number?],
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [red, green, blue, alpha = 255] = colourAt(column, row);
      image.data.set([red, green, blue, alpha], 4 * (row * columns + column));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
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
