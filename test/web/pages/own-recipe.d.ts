import type { ConfiguredModel } from "../../../src/models/index.ts";

export const affine: () => ConfiguredModel;
