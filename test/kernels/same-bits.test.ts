import { describe, expect, it } from "vitest";

import { digestInNode } from "./trainings-in-node.js";
import { trainings } from "./trainings.js";

describe("the wasm engine", () => {
  // Digests were found on Node 20, 22, 24 and 26, in Chromium and in Firefox, on 1, 2 and 4 threads each.
  it.each([
    ["vae", 4],
    ["gan", 2],
    ["cyclegan", 4],
  ] as const)(
    "ends a %s on %i threads with the same bytes on every machine",
    { timeout: 180_000 },
    async (name, threads) => {
      expect(await digestInNode(name, threads)).toBe(trainings[name].digest);
    },
  );
});
