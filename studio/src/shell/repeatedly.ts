/** Milliseconds between two questions. */
const every = 3000;

/** Asks the server now and again while the page is visible. Returns what ends it. */
export function repeatedly<T>(
  ask: () => Promise<T>,
  onFound: (found: T) => void,
  onLost: (why: string) => void,
): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async () => {
    if (!document.hidden) {
      await ask().then(
        (found) => !ended && onFound(found),
        (error: Error) => !ended && onLost(error.message),
      );
    }
    if (!ended) timer = setTimeout(() => void next(), every);
  };
  void next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
