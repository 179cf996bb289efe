/** The memory that every module of ours takes from outside, under this module and name. */
export const memoryImport = { module: "zaya", name: "memory" } as const;
