import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EngineError } from "../../src/base/errors.ts";
import { Heap } from "../../src/runtime/heap.ts";

describe("the heap of an engine", () => {
  it("never allocates a byte twice, and merges all freed blocks", () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), release: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new Heap("own");
        const pieces: { at: number; bytes: number; mark: number }[] = [];
        steps.forEach(({ bytes, release }, i) => {
          const at = heap.allocate(bytes);
          expect(at % 64).toBe(0);
          expect(at).toBeGreaterThan(0);
          const mark = 1 + (i % 250);
          heap.view("uint8", at, bytes).fill(mark);
          pieces.push({ at, bytes, mark });
          if (release < 5) heap.release(pieces.splice(release % pieces.length, 1)[0]!.at);
          for (const piece of pieces) {
            const kept = heap.view("uint8", piece.at, piece.bytes);
            expect(kept.every((value) => value === piece.mark)).toBe(true);
          }
        });
        for (const { at } of pieces) heap.release(at);
        expect(heap.allocate(1)).toBe(64);
      }),
      { seed: 31, numRuns: 100 },
    );
  });

  it("reports that the memory is full", () => {
    const heap = new Heap("own");
    expect(heap.obstacle(2 ** 30)).toBeNull();
    expect(heap.obstacle(5 * 2 ** 30)).toContain("at most 4 GiB, but 5.0 GiB are needed");
    expect(() => heap.allocate(5 * 2 ** 30)).toThrow(EngineError);
    expect(() => heap.allocate(5 * 2 ** 30)).toThrow("own: could not allocate a WebAssembly memory of 5.0 GiB");
    expect(heap.allocate(100)).toBe(64);
  });
});
