/**
 * The imports of our modules, by module and name: the memory and, with several threads, a function that is called from
 * time to time while a thread waits for another.
 */
export const imports = { module: "zaya", memory: "memory", waiting: "waiting" } as const;
