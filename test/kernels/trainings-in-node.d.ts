import type { trainings } from "./trainings.js";

export function digestInNode(name: keyof typeof trainings, threads: number): Promise<string>;
