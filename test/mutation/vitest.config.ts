import { defineConfig } from "vitest/config";

// The tests of test/mutation/run.js, which import sources alone: nothing is built for each mutant.
export default defineConfig({
  test: {
    include: process.env["ZAYA_MUTATION_TESTS"]!.split(",").map((path) =>
      path.endsWith(".ts") ? path : `${path}/**/*.test.ts`,
    ),
    testTimeout: 600_000,
  },
});
