// The boxes puzzle: six boxes must be moved to six positions on a line: node examples/earth-mover.js
// A plan costs the total distance moved. If all boxes are to the left of all positions, all 720 plans cost the same.
// With the name of an SVG file, the first puzzle is drawn: the distance is the area between two curves.
import { writeFileSync } from "node:fs";
import { toPoints } from "zaya";
import { scatterPlot } from "zaya/plot";
import { costMatrix, costOf, exactTransport } from "zaya/transport";

const puzzles = {
  apart: { boxes: [0, 1, 2, 4, 5, 6], places: [7, 8, 9, 11, 12, 13] },
  mixed: { boxes: [1, 3, 5, 7, 9, 11], places: [2, 4, 6, 8, 10, 12] },
};

/** Numbers on a line as points. */
const onLine = (numbers) =>
  toPoints({ dtype: "float64", shape: [numbers.length], data: Float64Array.from(numbers) }, "the line");

/** Every order of 0 to n - 1. */
function* orders(n, taken = []) {
  if (taken.length === n) yield taken;
  for (let i = 0; i < n; i++) if (!taken.includes(i)) yield* orders(n, [...taken, i]);
}

for (const [name, { boxes, places }] of Object.entries(puzzles)) {
  const n = boxes.length;
  const costs = costMatrix(onLine(boxes), onLine(places));
  // A plan moves a total mass of 1, so each box is a sixth of it.
  const { cost, plan, potentials, status } = exactTransport(costs);
  const ways = [...plan.from].map((from, e) => `${boxes[from]}->${places[plan.to[e]]}`);

  const shape = [n, n];
  const from = Int32Array.from(boxes, (_, i) => i);
  const mass = new Float64Array(n).fill(1 / n);
  const all = [...orders(n)].map((order) =>
    Math.round(n * costOf({ shape, from, to: Int32Array.from(order), mass }, costs)),
  );

  console.log(`${name}: boxes at ${boxes.join(" ")}, places at ${places.join(" ")}`);
  console.log(`  the least cost is ${Math.round(n * cost)} (${status}): ${ways.join(" ")}`);
  console.log(`  in order ${all[0]}, the other way round ${all.at(-1)}; all ${all.length} plans cost ${range(all)}`);
  console.log(
    `  potentials at the boxes ${rounded(potentials.source)}, at the positions ${rounded(potentials.target)}`,
  );
}

/** The fraction of points up to each position: steps of 1 / n. */
function distributionOf(points, end) {
  const marks = points.flatMap((x, i) => [0, 1].map((step) => ({ x, y: (i + step) / points.length })));
  return [{ x: 0, y: 0 }, ...marks, { x: end, y: 1 }];
}

const [out] = process.argv.slice(2);
if (out !== undefined) {
  const { boxes, places } = puzzles.apart;
  const sides = { boxes, positions: places };
  const series = Object.entries(sides).map(([name, points]) => ({
    name,
    marks: distributionOf(points, 14),
    joined: true,
    bare: true,
  }));
  const title = "Earth mover's distance: the area between the curves, 7";
  writeFileSync(out, scatterPlot({ title, x: { label: "position" }, y: { label: "fraction to the left" }, series }));
}

function range(costs) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  return low === high ? `${low}` : `${low} to ${high}`;
}

function rounded(potential) {
  return Array.from(potential, (price) => Number(price.toFixed(6))).join(" ");
}
