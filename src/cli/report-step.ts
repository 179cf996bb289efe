import { systemClock } from "../base/clock.ts";

/** Milliseconds between two reports. */
const reportEvery = 1000;

/** Reports the completed step to the process that supervises this one, if there is one: once a second, without a request to the store. */
export function stepReporter(): (step: number) => void {
  if (process.send === undefined) return () => undefined;
  let told = -Infinity;
  return (step) => {
    const now = systemClock.now();
    if (!process.connected || now - told < reportEvery) return;
    told = now;
    // An error is ignored: if the supervisor has just ended, the channel is closed, and the next call sees that.
    process.send!({ step }, undefined, undefined, () => undefined);
  };
}
