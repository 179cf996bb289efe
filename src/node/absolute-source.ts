import { resolve } from "node:path";

import { datasets } from "../data/index.ts";
import type { DataSource } from "../run/index.ts";

/**
 * Makes the paths of a data source absolute, so that a run can be resumed from another folder. @param folder The folder that
 * relative paths refer to.
 */
export function absoluteSource({ spec, second, dataDir, ...rest }: DataSource, folder: string): DataSource {
  return {
    spec: absoluteSpec(spec, folder),
    ...(second !== undefined && { second: absoluteSpec(second, folder) }),
    ...rest,
    ...(dataDir !== undefined && { dataDir: resolve(folder, dataDir) }),
  };
}

function absoluteSpec(spec: string, folder: string): string {
  return datasets.some(({ name }) => name === spec) ? spec : resolve(folder, spec);
}
