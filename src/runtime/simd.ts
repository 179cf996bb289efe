import { EngineError } from "../base/errors.ts";

/** A module with one function, which fills a vector and counts the bits of its bytes. */
const vectorModule = Uint8Array.from(
  "0 97 115 109 1 0 0 0 | 1 5 1 96 0 1 123 | 3 2 1 0 | 10 10 1 8 0 65 0 253 15 253 98 11".match(/\d+/g)!,
  Number,
);

/** @throws EngineError if WebAssembly has no 128-bit SIMD, which all kernels use. */
export function requireSimd(engine: string): void {
  if (WebAssembly.validate(vectorModule)) return;
  throw new EngineError(
    `${engine}: needs SIMD instructions in WebAssembly, which this browser, Node or processor does not have`,
    "Chrome 91, Firefox 89, Safari 16.4 and Node 20 have them on processors with SSE4.1; in Node, --device cpu needs none",
  );
}
