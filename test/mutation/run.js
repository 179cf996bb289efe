// Mutation tests by Stryker: npm run mutation -- ROOM [file...] [--lines N]. Each mutant of the room's sources is run against the
// tests that are named here; what survives is a line that no test of these holds. A room takes minutes to hours; --lines mutates
// a random sample of its lines, the same ones each time.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Stryker } from "@stryker-mutator/core";

import { key, permutation } from "../../dist/base/random.js";

const rooms = {
  autodiff: ["test/autodiff", "test/contracts/ops.test.ts"],
  diagnosis: [
    "test/diagnosis/symptoms.test.ts",
    "test/diagnosis/symptom-monitor.test.ts",
    "test/diagnosis/places.test.ts",
    "test/diagnosis/samples.test.ts",
  ],
  distributions: ["test/distributions"],
  divergences: ["test/divergences"],
  estimators: ["test/estimators"],
  metrics: ["test/metrics", "test/contracts/metrics.test.ts", "test/golden"],
  objectives: ["test/objectives", "test/golden/adversarial.test.ts"],
  ops: ["test/contracts/ops.test.ts", "test/graph/simplify.test.ts", "test/kernels/winograd.test.ts"],
  optim: ["test/optim", "test/golden/optimizers.test.ts"],
  transport: ["test/transport"],
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { lines: { type: "string" } } });
const [room, ...files] = positionals;
const tests = rooms[room];
if (tests === undefined) {
  console.error(`the room must be one of ${Object.keys(rooms).join(", ")} - got ${room ?? "none"}`);
  process.exit(2);
}
const folder = join("src", room);
const sources = readdirSync(folder, { recursive: true }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith("index.ts") && (files.length === 0 || files.includes(file)),
);

/** Lines of code at random: without blank ones, comments and imports. */
function sample(count) {
  const lines = sources.sort().flatMap((file) => {
    const path = join(folder, file);
    return readFileSync(path, "utf8")
      .split("\n")
      .flatMap((text, i) =>
        /^\s*(?:$|\/|\*|import |\} from|[\])}]+[;,]?$)/.test(text) ? [] : [`${path}:${i + 1}-${i + 1}`],
      );
  });
  return Array.from(permutation(key(0), lines.length).subarray(0, count), (at) => lines[at]);
}

process.env.ZAYA_MUTATION_TESTS = tests.join();
const mutants = await new Stryker({
  mutate: values.lines === undefined ? sources.map((file) => join(folder, file)) : sample(Number(values.lines)),
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  // Texts of errors and docs are held by other means.
  mutator: { excludedMutations: ["StringLiteral"] },
  // Stryker reads it by an interface that TypeScript 7 has no longer; vitest needs none.
  tsconfigFile: "none",
  concurrency: 1,
  coverageAnalysis: "perTest",
  // A slow machine must not pass for an endless loop, which counts as killed.
  timeoutMS: 60_000,
  // The built code stays: ONNX Runtime is imported by way of it, and test files that cannot import it would be left out in silence.
  ignorePatterns: ["/dist/labs", "/dist/studio", "/docs", "/bench", "/studio", "/runs", "/examples"],
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: "/tmp/zaya-mutation",
}).runMutationTest();

const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
const killed = count("Killed", "Timeout");
const n = killed + count("Survived", "NoCoverage");
const [low, high] = wilson(killed / n, n);
console.log(
  `${room}: ${killed} of ${n} mutants killed, ${percent(killed / n)}` +
    (values.lines === undefined ? "" : `, 95 % interval [${percent(low)}, ${percent(high)}]`),
);
process.exitCode = mutants.length > 0 ? 0 : 1;

/** 95 % interval of a share. @source Wilson, JASA 22 (1927). */
function wilson(share, total) {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  const half = (z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2))) / (1 + z ** 2 / total);
  return [middle - half, middle + half];
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
