import { models } from "../models/index.ts";

/** Arguments of `zaya train` on which its flags depend: they are extracted before commander parses. */
export interface TrainArguments {
  /** The recipe as given, known or not. */
  readonly recipe: string | undefined;
  /** The file of a custom recipe. */
  readonly module: string | undefined;
  /** The file of a config to repeat. */
  readonly config: string | undefined;
  /** What `--data` names: a data set, or two domains. */
  readonly data: readonly string[];
}

const switches = ["--json", "--quiet", "--no-pictures", "--dry-run", "--help", "-h"];

/**
 * The recipe is the first word that is neither a flag nor a flag's value. `--data` takes all words up to the next flag, and
 * so a recipe may be among them, `--data mnist vae` or `--data A B cyclegan`: the last known one that is not the first word.
 */
export function readTrainArguments(words: readonly string[]): TrainArguments {
  const loose: string[] = [];
  const data: string[] = [];
  const files = { recipe: undefined as string | undefined, config: undefined as string | undefined };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, flag, value] = /^--(recipe|config)(?:=(.*))?$/.exec(word) ?? [];
    if (flag !== undefined) files[flag as keyof typeof files] = value ?? words[++i];
    else if (!word.startsWith("-")) loose.push(word);
    else if (word.startsWith("--data=")) data.push(word.slice("--data=".length));
    else if (word === "--data") {
      while (i + 1 < words.length && !words[i + 1]!.startsWith("-")) data.push(words[++i]!);
    } else if (!switches.includes(word) && !word.includes("=")) i++;
  }
  const { recipe: module, config } = files;
  if (loose.length > 0 || module !== undefined) return { recipe: loose[0], module, config, data };
  const at = data.findLastIndex((word, i) => i > 0 && models.some(({ name }) => name === word));
  return at < 0
    ? { recipe: undefined, module, config, data }
    : { recipe: data[at], module, config, data: data.toSpliced(at, 1) };
}
