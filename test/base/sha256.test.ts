import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, it } from "vitest";

import { Sha256 } from "../../src/base/sha256.ts";

it("agrees with Node's SHA-256 for all lengths around a block, however the bytes are split", () => {
  const bytes = Uint8Array.from({ length: 260 }, (_, i) => (i * 131) % 256);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    expect(new Sha256().update(part).hex()).toBe(createHash("sha256").update(part).digest("hex"));
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
      const [own, reference] = [new Sha256(), createHash("sha256")];
      for (const piece of pieces) {
        own.update(piece);
        reference.update(piece);
      }
      expect(own.hex()).toBe(reference.digest("hex"));
    }),
  );
});
