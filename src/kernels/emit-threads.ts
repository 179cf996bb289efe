import { control } from "./thread-control.ts";
import { FunctionBuilder, type Local } from "./wasm.ts";

/** Loads of a spin-wait: about 20 us, which is longer than most passes take. */
const looks = 20_000;
/** Nanoseconds that a thread sleeps at a barrier before it checks whether another thread has died. */
const nap = 1e8;
/** Naps after which a thread that is missing at a barrier counts as failed: 60 seconds, not counting time in which the whole process sleeps. */
const patience = 600;

/**
 * A barrier, as a function of the address of the control words and the number of threads. No thread continues before all have arrived.
 * @param waiting Index of the function that is called after each nap, which may set the word `failed`.
 */
export function emitBarrier(waiting: number): FunctionBuilder {
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
      // A thread counts itself as sleeping first and then checks whether the barrier has opened, so that no wake-up is lost.
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
          code.get(at).get(before).sleep(nap, word("barrier")).i32(2).op("i32.eq");
          code.when(() => {
            code.call(waiting, []);
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
