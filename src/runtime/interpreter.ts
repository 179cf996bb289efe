import { drawn, isDraw } from "../base/draw.ts";
import { EngineError } from "../base/errors.ts";
import { type NdArray, castTo, ndarray } from "../base/ndarray.ts";
import { evaluate } from "../graph/evaluate.ts";
import { type Arrays, type Compiled, type Engine, type Program, type State, chooseInputs, inputsOf } from "./engine.ts";

const name = "interpreter";

/** The float64 interpreter as an engine: slow, the reference for the others. */
export function interpreter(): Engine {
  return { name, compile, createState: (values) => new InterpreterState(values) };
}

class InterpreterState implements State {
  private readonly values: Map<string, NdArray>;

  constructor(values: Arrays) {
    this.values = new Map(Object.entries(values).map(([key, value]) => [key, copied(value)]));
  }

  get names(): readonly string[] {
    return [...this.values.keys()];
  }

  async read(names: readonly string[] = this.names): Promise<Arrays> {
    return Object.fromEntries(names.map((key) => [key, copied(this.require(key))]));
  }

  current(key: string): NdArray | undefined {
    return this.values.get(key);
  }

  require(key: string): NdArray {
    const value = this.values.get(key);
    if (value === undefined) throw new EngineError(`${name}: the state has no tensor "${key}"`);
    return value;
  }

  replace(key: string, value: NdArray): void {
    this.values.set(key, value);
  }

  dispose(): void {
    this.values.clear();
  }
}

function copied(value: NdArray): NdArray<"float64"> {
  return ndarray("float64", value.shape, castTo(value, "float64").data.slice());
}

async function compile(program: Program): Promise<Compiled> {
  const updates = Object.keys(program.updates ?? {});
  const outputs = Object.keys(program.outputs);
  const tensors = [...Object.values(program.outputs), ...Object.values(program.updates ?? {})];
  const inputs = inputsOf(program);
  return {
    run: async (feeds, state) => {
      if (state !== undefined && !(state instanceof InterpreterState)) {
        throw new EngineError(`${name}: the state belongs to another engine`);
      }
      if (state === undefined && updates.length > 0)
        throw new EngineError(`${name}: a step with updates needs a state`);
      for (const key of updates) state!.require(key);
      const results = evaluate(
        tensors,
        chooseInputs(name, inputs, (key) => {
          const fed = feeds[key];
          return fed !== undefined && isDraw(fed) ? drawn(fed) : (fed ?? state?.current(key));
        }),
      );
      updates.forEach((key, i) => state!.replace(key, results[outputs.length + i]!));
      return Object.fromEntries(outputs.map((key, i) => [key, copied(results[i]!)]));
    },
    release: async () => {},
  };
}
