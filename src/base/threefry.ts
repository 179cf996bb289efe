/**
 * A key names one stream of random numbers. Streams depend only on their keys: the same key gives the same numbers on every
 * machine and engine, and no generator state has to be stored to resume a run.
 */
export interface Key {
  readonly high: number;
  readonly low: number;
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32 with 20 rounds: maps a key and a counter of two words each to a block of two words.
 * @source Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.2.
 */
export function threefry(keyHigh: number, keyLow: number, high: number, low: number): [number, number] {
  const schedule = [keyHigh, keyLow, keyHigh ^ keyLow ^ 0x1bd11bda];
  let x = (high + keyHigh) | 0;
  let y = (low + keyLow) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = rotations[round % 8]!;
    x = (x + y) | 0;
    y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x = (x + schedule[injection % 3]!) | 0;
      y = (y + schedule[(injection + 1) % 3]! + injection) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}
