// Mutation tests by Stryker: npm run mutation -- ROOM [file...]. Each mutant of the room's sources is run against the tests that
// are named here; what survives is a line that no test of these holds. It takes minutes to hours.
import { Stryker } from "@stryker-mutator/core";

const rooms = {
  divergences: ["test/divergences"],
  transport: ["test/transport"],
  metrics: ["test/metrics", "test/contracts/metrics.test.ts"],
  diagnosis: [
    "test/diagnosis/symptoms.test.ts",
    "test/diagnosis/symptom-monitor.test.ts",
    "test/diagnosis/places.test.ts",
  ],
  ops: ["test/contracts/ops.test.ts"],
};

const [room, ...files] = process.argv.slice(2);
const tests = rooms[room];
if (tests === undefined) {
  console.error(`the room must be one of ${Object.keys(rooms).join(", ")} - got ${room ?? "none"}`);
  process.exit(2);
}
process.env.ZAYA_MUTATION_TESTS = tests.join();
const mutants = await new Stryker({
  mutate: files.length > 0 ? files.map((file) => `src/${room}/${file}`) : [`src/${room}/**/*.ts`, "!src/**/index.ts"],
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  // Texts of errors and docs are held by other means.
  mutator: { excludedMutations: ["StringLiteral"] },
  // Stryker reads it by an interface that TypeScript 7 has no longer; vitest needs none.
  tsconfigFile: "none",
  concurrency: 1,
  coverageAnalysis: "perTest",
  ignorePatterns: ["/dist", "/docs", "/bench", "/studio", "/runs", "/examples"],
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: "/tmp/zaya-mutation",
}).runMutationTest();
process.exitCode = mutants.length > 0 ? 0 : 1;
