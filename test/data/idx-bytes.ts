/** An IDX file of uint8, element `i` of which is `value(i)`, modulo 256. */
export function idxBytes(shape: readonly number[], value: (i: number) => number): Uint8Array<ArrayBuffer> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const at = 4 + 4 * shape.length;
  const bytes = new Uint8Array(at + size);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  for (let i = 0; i < size; i++) bytes[at + i] = value(i);
  return bytes;
}
