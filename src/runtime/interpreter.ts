import { EngineError } from "../base/errors.ts";
import { castTo } from "../base/ndarray.ts";
import { evaluate } from "../graph/evaluate.ts";
import type { Arrays, Compiled, Engine, Program, State } from "./engine.ts";

/** The float64 interpreter as an engine: slow, for judging the others. */
export function interpreter(): Engine {
  return { name: "interpreter", compile, createState: (values) => new InterpreterState(values) };
}

class InterpreterState implements State {
  private values: Arrays;

  constructor(values: Arrays) {
    this.values = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, castTo(value, "float64")]));
  }

  get names(): readonly string[] {
    return Object.keys(this.values);
  }

  async read(names: readonly string[] = this.names): Promise<Arrays> {
    return Object.fromEntries(names.map((name) => [name, this.values[name]!]));
  }

  current(): Arrays {
    return this.values;
  }

  replace(values: Arrays): void {
    this.values = { ...this.values, ...values };
  }

  dispose(): void {
    this.values = {};
  }
}

async function compile(program: Program): Promise<Compiled> {
  const updates = program.updates ?? {};
  const tensors = [...Object.values(program.outputs), ...Object.values(updates)];
  const names = Object.keys(program.outputs);
  return {
    run: async (feeds, state) => {
      if (state !== undefined && !(state instanceof InterpreterState)) {
        throw new EngineError("interpreter: the state belongs to another engine");
      }
      const results = evaluate(tensors, { ...state?.current(), ...feeds });
      state?.replace(Object.fromEntries(Object.keys(updates).map((name, i) => [name, results[names.length + i]!])));
      return Object.fromEntries(names.map((name, i) => [name, results[i]!]));
    },
    release: async () => {},
  };
}
