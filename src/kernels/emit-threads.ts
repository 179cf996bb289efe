import { control } from "./thread-control.ts";
import { FunctionBuilder, type Local } from "./wasm.ts";

/** Looks at a number in memory that take some 20 us, which is longer than most passes. */
const looks = 20_000;
const second = 1e9;
/** A barrier at which a thread has not come for so many seconds, in which others were awake to count them, will not see it. */
const patience = 60;

/** A barrier as a function of the address of the threads' memory and how many they are: none goes on before all have come. */
export function emitBarrier(): FunctionBuilder {
  const code = new FunctionBuilder(["i32", "i32"]);
  const [at, threads] = code.params as [Local, Local];
  const [before, left, isLast] = [code.local("i32"), code.local("i32"), code.local("i32")];
  const word = (name: keyof typeof control) => 4 * control[name];
  const load = (name: keyof typeof control) => code.get(at).atomic("i32.atomic.load", word(name));
  const add = (name: keyof typeof control, value: number) =>
    code.get(at).i32(value).atomic("i32.atomic.rmw.add", word(name));
  const isWaiting = () => {
    load("barrier").get(before).op("i32.eq");
    load("failed").op("i32.eqz").op("i32.and");
  };
  load("barrier").set(before);
  load("failed").op("i32.eqz");
  code.when(() => {
    add("arrived", 1).get(threads).i32(1).op("i32.sub").op("i32.eq").tee(isLast);
    code.when(() => {
      code.get(at).i32(0).atomic("i32.atomic.store", word("arrived"));
      add("barrier", 1).drop();
      // Who goes to sleep counts itself first, and then sees whether the barrier has opened.
      load("sleepers").when(() => code.get(at).i32(-1).atomic("memory.atomic.notify", word("barrier")).drop());
    });
    code.get(isLast).op("i32.eqz");
    code.when(() => {
      code.i32(looks).set(left);
      code.loop(() => {
        code.get(left).i32(1).op("i32.sub").set(left);
        isWaiting();
        code.get(left).i32(0).op("i32.ne").op("i32.and");
      });
      isWaiting();
      code.when(() => {
        code.i32(patience).set(left);
        add("sleepers", 1).drop();
        code.loop(() => {
          code.get(at).get(before).sleep(second, word("barrier")).i32(2).op("i32.eq");
          code.when(() => {
            code.get(left).i32(1).op("i32.sub").tee(left).op("i32.eqz");
            code.when(() => code.get(at).i32(2).atomic("i32.atomic.store", word("failed")));
          });
          isWaiting();
        });
        add("sleepers", -1).drop();
      });
    });
  });
  return code;
}
