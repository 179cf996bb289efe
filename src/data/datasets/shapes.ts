import { OptionError } from "../../base/errors.ts";
import { type NdArray, type Shape, zeros } from "../../base/ndarray.ts";
import { fold, key, permutation } from "../../base/random.ts";
import { Sha256 } from "../../base/sha256.ts";
import { type Dataset, type Factors, checkedIndex } from "../dataset.ts";
import { drawnImages } from "../drawn-images.ts";
import { select } from "../selection.ts";
import type { DrawnDataset } from "./named.ts";

/** Test items: the 10,000 and 5,000 points that disentanglement metrics use. */
const heldOut = 15_000;

/**
 * White sprites on black with known factors, each pixel 0 or 1: shape (square, ellipse, heart), scale (6 values from
 * 0.5 to 1), orientation (40 values in [0, 2 pi)), x and y (half the side in pixels each, one pixel apart). At 32
 * pixels there are 184,320 images, at 64 pixels 737,280, as in dSprites; of either, 15,000 random ones are held out.
 * Drawn on request. Both splits are in random order, so a prefix is a random subset.
 *
 * Squares and ellipses are symmetric under rotation by a quarter and a half turn, so an image can have several
 * orientations, which no code can distinguish. At 32 pixels a few more coincide: 54 squares differ where 64 pixels show
 * 60, and 116 ellipses where they show 120.
 * @source modelled on Matthey et al., "dSprites: Disentanglement testing Sprites dataset", 2017; drawn from this
 * definition, so pixels differ.
 */
export const shapes: DrawnDataset = {
  name: "shapes",
  description: "sprites with known factors of variation, 32 x 32 or 64 x 64",
  declares: ["factors"],
  origin: "drawn",
  sizes: [32, 64],
  generate(size) {
    const all = allShapes(size);
    const order = permutation(fold(key(0), "shapes", "hold out"), all.size);
    return { train: select(all, order.slice(heldOut)), test: select(all, order.slice(0, heldOut)) };
  },
};

/** Whether a point lies within a shape with circumscribed radius 1 around the origin; y points up. */
type Inside = (x: number, y: number) => boolean;

/** Points closer than this to an edge count as inside, whatever the rounding of the platform. */
const edge = 1e-9;

const square: Inside = (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= Math.SQRT1_2 + edge;

/** Twice as wide as high. */
const ellipse: Inside = (x, y) => x * x + 4 * y * y <= 1 + edge;

/**
 * A square standing on its corner, with half diagonal h and half discs on its upper sides, moved so that its
 * circumscribed circle is centred.
 */
const heart: Inside = (() => {
  const up = (Math.SQRT2 - 1) / (3 - Math.SQRT2);
  const h = 1 / (1 + up);
  return (x, y) => {
    const v = y + up * h;
    const ofDisc = (Math.abs(x) - h / 2) ** 2 + (v - h / 2) ** 2;
    return Math.abs(x) + Math.abs(v) <= h + edge || ofDisc <= (h * h) / 2 + edge;
  };
})();

const outlines = [square, ellipse, heart];
const scales = 6;
const turns = 40;

/**
 * Every sprite of a size in the order of its factors, y fastest: the population, of which `shapes` contains two splits.
 * @param size Side in pixels, even and at least 8.
 * @throws OptionError for another size.
 */
export function allShapes(size: number): Dataset & { readonly factors: Factors } {
  const places = size / 2;
  if (!Number.isInteger(places) || places < 4) {
    throw new OptionError(`shapes: the size must be even and at least 8 - got ${size}`);
  }
  const name = "shapes";
  const sizes = [outlines.length, scales, turns, places, places];
  const factors = gridFactors(name, ["shape", "scale", "orientation", "x", "y"], sizes);
  const count = sizes.reduce((product, extent) => product * extent);
  const shape: Shape = [size, size, 1];
  const cache: (Int32Array | undefined)[] = [];
  const spriteOf = (index: number): Int32Array => (cache[index] ??= drawSprite(index, size));
  const read = async (indices: ArrayLike<number>): Promise<NdArray<"float32">> => {
    const out = zeros([indices.length, ...shape]);
    for (let n = 0; n < indices.length; n++) {
      const index = checkedIndex({ name, size: count }, indices[n]!);
      const column = Math.floor(index / places) % places;
      const corner = n * size * size + (index % places) * size + column;
      for (const at of spriteOf(Math.floor(index / places ** 2))) out.data[corner + at] = 1;
    }
    return out;
  };
  const digest = (): string => digestOfSprites(sizes, size, spriteOf);
  return drawnImages({ name, shape, size: count, labels: null, factors, read, digest });
}

/**
 * The white pixels of a sprite in the upper left corner, as flat positions: pixels whose centre is inside. The sprite
 * is centred on the pixel (size / 4, size / 4); at scale 1 its circle has radius size / 4.
 */
function drawSprite(index: number, size: number): Int32Array {
  const inside = outlines[Math.floor(index / (scales * turns))]!;
  const scale = 0.5 + (0.5 * (Math.floor(index / turns) % scales)) / (scales - 1);
  const angle = (2 * Math.PI * (index % turns)) / turns;
  const centre = size / 4;
  const [along, across] = [Math.cos(angle) / (centre * scale), Math.sin(angle) / (centre * scale)];
  const white: number[] = [];
  for (let row = 0; row <= 2 * centre; row++) {
    for (let column = 0; column <= 2 * centre; column++) {
      const [x, y] = [column - centre, centre - row];
      if (inside(along * x + across * y, along * y - across * x)) white.push(row * size + column);
    }
  }
  return Int32Array.from(white);
}

/** Factors of which every combination is one item, the last factor fastest. */
function gridFactors(name: string, names: readonly string[], sizes: readonly number[]): Factors {
  const size = sizes.reduce((product, extent) => product * extent);
  return {
    names,
    sizes,
    of: (index) => {
      let rest = checkedIndex({ name, size }, index);
      const values = sizes.toReversed().map((extent) => {
        const value = rest % extent;
        rest = Math.floor(rest / extent);
        return value;
      });
      return values.toReversed();
    },
    indexOf: (values) => {
      const fitting = (extent: number, i: number): boolean =>
        Number.isInteger(values[i]) && values[i]! >= 0 && values[i]! < extent;
      if (values.length !== sizes.length || !sizes.every(fitting)) {
        throw new OptionError(
          `${names.join(", ")} of ${name} must be whole numbers below ${sizes.join(", ")} - got ${values.join(", ")}`,
        );
      }
      return values.reduce((index, value, i) => index * sizes[i]! + value, 0);
    },
  };
}

/** Hash of the factors and of each sprite in one position; other positions are translations. */
function digestOfSprites(sizes: readonly number[], size: number, spriteOf: (index: number) => Int32Array): string {
  const hash = new Sha256().update(new TextEncoder().encode(`shapes ${size} ${sizes.join(" ")}`));
  for (let sprite = 0; sprite < outlines.length * scales * turns; sprite++) {
    const white = spriteOf(sprite);
    hash.update(new Uint8Array(white.buffer, 0, white.byteLength));
  }
  return hash.hex().slice(0, 16);
}
