import type { Command } from "commander";

import { DataError } from "../base/errors.ts";
import { type NdArray, joinRows } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type DataSplit, type DataSummary, type Dataset, summarize } from "../data/index.ts";
import { openData } from "../node/index.ts";
import { dataOptions } from "../train/index.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { count, number, table } from "./format.ts";
import { Output } from "./output.ts";

/** Training items below which a person should know what to expect. */
const few = 1000;
`;
