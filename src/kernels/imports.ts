/**
 * What our modules take from outside, by module and name: the memory, and in those of several threads a function that is called
 * now and then while a thread waits for another.
 */
export const imports = { module: "zaya", memory: "memory", waiting: "waiting" } as const;
