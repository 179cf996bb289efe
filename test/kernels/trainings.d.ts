import type { Engine } from "../../src/runtime/index.ts";

type Name = "vae" | "gan" | "cyclegan";
export const trainings: Readonly<Record<Name, { readonly steps: number; readonly digest: string }>>;
export function isLast(file: string): boolean;
export function digestOf(name: Name, engine: Engine): Promise<string>;
