import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { ZayaError } from "../../src/base/errors.ts";
import { formats } from "./formats.ts";
import { drawing, mutated } from "./mutate.ts";

/** Set by `npm run fuzz`: inputs of each format, a format alone, and where to begin. */
const inputs = Number(process.env["ZAYA_FUZZ_INPUTS"] ?? 2000);
const only = process.env["ZAYA_FUZZ_FORMAT"];
const first = Number(process.env["ZAYA_FUZZ_FIRST"] ?? 0);
/** Seconds that one input may take, with a machine that is busy otherwise. */
const longest = 30;

describe.each(formats.filter(({ name }) => only === undefined || name === only))("damaged files: $name", (format) => {
  it(
    `are read, or rejected with a message, ${inputs} of them`,
    async () => {
      const { seeds, read, close } = await format.open();
      const faults: string[] = [];
      const refused = { count: 0 };
      for (let input = first; input < first + inputs && faults.length < 5; input++) {
        const bytes = mutated(seeds, drawing(input));
        const began = performance.now();
        try {
          await read(bytes, input);
        } catch (error) {
          refused.count++;
          if (!(error instanceof ZayaError)) {
            const file = join(tmpdir(), `zaya-fuzz-${format.name}-${input}`);
            writeFileSync(file, bytes);
            faults.push(`input ${input} (${file}): ${(error as Error).stack}`);
          }
        }
        const seconds = (performance.now() - began) / 1000;
        if (seconds > longest) faults.push(`input ${input} took ${seconds.toFixed(1)} s`);
      }
      await close?.();
      expect(faults).toEqual([]);
      // Most of what is wrong is seen, and not all of it.
      expect(refused.count).toBeGreaterThan(0.1 * inputs);
      // In kB.
      expect(process.resourceUsage().maxRSS).toBeLessThan(2 ** 20);
    },
    Math.max(120_000, 100 * inputs),
  );
});
