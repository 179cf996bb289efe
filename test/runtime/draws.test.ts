import { describe, expect, it } from "vitest";

import { drawInto } from "../../src/base/draw.ts";
import { fold, key } from "../../src/base/random.ts";
import { Jump, streamOf } from "../../src/base/xoshiro.ts";
import { Draws } from "../../src/runtime/draws.ts";
import { Heap } from "../../src/runtime/heap.ts";

describe("a jump", () => {
  it.each([1, 2, 3, 4, 31, 256, 1000, 25_088, 99_999])("lands where %i words do", (steps) => {
    const jump = new Jump(steps);
    for (let seed = 0; seed < 2; seed++) {
      const stream = streamOf(key(seed));
      const after = stream.state.slice();
      jump.apply(after);
      stream.take(steps);
      expect([...after]).toEqual([...stream.state]);
    }
  });
});

describe.each([false, true])("numbers drawn by a kernel, in memory shared with threads: %s", (shared) => {
  const heap = new Heap("test", shared);
  const draws = new Draws(heap);

  const sizes = [1, 7, 8, 9, 15, 1023, 1024, 1025, 1026, 1027, 4096, 50_000, 100_352, 131_071];
  const cases = (["uniform", "normal"] as const).flatMap((distribution) =>
    sizes.map((size) => [size, distribution] as const),
  );

  it.each(cases)("equal those drawn in JavaScript: %i, %s", (size, distribution) => {
    const at = heap.allocate(4 * (size + 1));
    for (let seed = 0; seed < 5; seed++) {
      const own = { distribution, keys: [fold(key(seed), size)], shape: [size] };
      const place = () => heap.view("float32", at, size + 1) as Float32Array;
      place().fill(-1);
      draws.into(own, at);
      const wanted = new Float32Array(size + 1).fill(-1);
      drawInto(own, wanted.subarray(0, size));
      // Buffers are compared whole: an array of so many numbers takes seconds to compare.
      expect(Buffer.compare(Buffer.from(place().slice().buffer), Buffer.from(wanted.buffer))).toBe(0);
    }
    heap.release(at);
  });

  it.each(["uniform", "normal"] as const)("come in equal parts from several streams: %s", (distribution) => {
    const own = { distribution, keys: [1, 2, 3].map((seed) => key(seed)), shape: [3, 5, 401] };
    const at = heap.allocate(4 * 6015);
    draws.into(own, at);
    const wanted = drawInto(own, new Float32Array(6015));
    expect([...(heap.view("float32", at, 6015) as Float32Array)]).toEqual([...wanted]);
  });
});
