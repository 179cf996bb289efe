import { type NdArray, ndarray } from "../base/ndarray.ts";
// From its own file and not from the room's index, so that printing help does not load the whole room.
import { gridPitch } from "../plot/pictures.ts";

/** A picture [h, w, 3] of bytes. */
type Picture = NdArray<"uint8">;

/** Minimum pixels per image of a grid: with fewer, images are unrecognisable. */
const minTile = 16;

/** Half blocks, two pixels a character: the upper in the foreground's colour, the lower in the background's. */
export function halfBlocks(whole: Picture, columns: number, lines: number): string[] {
  const picture = fitted(whole, columns, 2 * lines);
  const [height, width] = picture.shape as [number, number, number];
  return Array.from({ length: height / 2 }, (_, line) => {
    const cells = Array.from({ length: width }, (_, x) => {
      const [above, below] = [colourAt(picture, 2 * line, x), colourAt(picture, 2 * line + 1, x)];
      return `\u001b[38;2;${above}m\u001b[48;2;${below}m\u2580`;
    });
    return `${cells.join("")}\u001b[0m`;
  });
}

function colourAt({ shape, data }: Picture, y: number, x: number): string {
  const at = 3 * (y * shape[1]! + x);
  return `${data[at]};${data[at + 1]};${data[at + 2]}`;
}

/** As many images of a grid as are recognisable at this size; a picture that is not a grid, as a whole. The height is even. */
function fitted(picture: Picture, width: number, height: number): Picture {
  const [h, w] = picture.shape as [number, number, number];
  const pitch = gridPitch(picture);
  if (pitch === null) {
    const scale = Math.min(width / w, height / h, 1);
    return resized(picture, h, w, evenly(h * scale), Math.max(1, Math.round(w * scale)));
  }
  const least = Math.min(minTile, pitch.x, pitch.y);
  const across = atLeastOne(Math.min(w / pitch.x, width / least));
  const down = atLeastOne(Math.min(h / pitch.y, height / least));
  const scale = Math.min(width / (across * pitch.x), height / (down * pitch.y), 1);
  return resized(
    picture,
    down * pitch.y,
    across * pitch.x,
    evenly(scale * down * pitch.y),
    atLeastOne(scale * across * pitch.x),
  );
}

function atLeastOne(value: number): number {
  return Math.max(1, Math.floor(value));
}

function evenly(height: number): number {
  return Math.max(2, 2 * Math.floor(height / 2));
}

/** The upper left part of a picture, scaled down by the mean of the covered pixels. */
function resized(picture: Picture, h: number, w: number, height: number, width: number): Picture {
  const stride = picture.shape[1]!;
  const out = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = span(y, h / height, h);
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, w / width, w);
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let i = top; i < bottom; i++) {
          for (let j = left; j < right; j++) sum += picture.data[(i * stride + j) * 3 + k]!;
        }
        out[(y * width + x) * 3 + k] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return ndarray("uint8", [height, width, 3], out);
}

/** Source pixels covered by the `at`-th pixel, at least one. */
function span(at: number, scale: number, size: number): [from: number, to: number] {
  const from = Math.min(size - 1, Math.floor(at * scale));
  return [from, Math.min(size, Math.max(from + 1, Math.floor((at + 1) * scale)))];
}
