// The boxes puzzle: six boxes are to be carried to six places on a line: node examples/earth-mover.js
// What a plan costs is the length of all ways. Where every box stands left of every place, all 720 plans cost the same.
import { toPoints } from "zaya";
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
  // A plan moves mass 1 in all, so that a box is a sixth of it.
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

function range(costs) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  return low === high ? `${low}` : `${low} to ${high}`;
}

function rounded(potential) {
  return Array.from(potential, (price) => Number(price.toFixed(6))).join(" ");
}
