import { onDestroy, untrack } from "svelte";

/**
 * A value of a component that is made anew at most every so many milliseconds, however often what it depends on changes,
 * and that ends on the newest one.
 */
export class Calm<T> {
  private value = $state.raw() as T;
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changes Reads what the value depends on. */
  constructor(changes: () => unknown, make: () => T, milliseconds: number) {
    const renew = () => {
      this.timer = undefined;
      this.last = performance.now();
      this.value = untrack(make);
    };
    this.value = untrack(make);
    $effect(() => {
      changes();
      const left = this.last + milliseconds - performance.now();
      if (left <= 0) renew();
      else this.timer ??= setTimeout(renew, left);
    });
    onDestroy(() => clearTimeout(this.timer));
  }

  get current(): T {
    return this.value;
  }
}
