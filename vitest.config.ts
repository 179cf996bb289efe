import { defineConfig } from "vitest/config";

const labs = "test/labs/**/*.test.ts";

export default defineConfig({
  test: {
    globalSetup: "test/build.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine takes longer than the second that is the default.
    expect: { poll: { timeout: 15_000 } },
    // Engines use every core by themselves; but many tests wait for processes, browsers and servers half of their time.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: "zaya", include: ["test/**/*.test.ts"], exclude: [labs] } },
      { extends: true, test: { name: "labs", include: [labs], globalSetup: "test/labs/build.ts" } },
    ],
  },
});
