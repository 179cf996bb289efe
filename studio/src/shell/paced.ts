/** How long the work of one frame may take, in milliseconds: what is left waits for the next. */
const budget = 8;

const waiting = new Map<object, () => void>();
let planned = false;

/** Does some work in one of the next frames, unless newer work of the same owner comes first. Returns what calls it off. */
export function paced(owner: object, work: () => void): () => void {
  waiting.delete(owner);
  waiting.set(owner, work);
  if (!planned) requestAnimationFrame(frame);
  planned = true;
  return () => {
    if (waiting.get(owner) === work) waiting.delete(owner);
  };
}

function frame(): void {
  const until = performance.now() + budget;
  for (const [owner, work] of waiting) {
    waiting.delete(owner);
    work();
    if (performance.now() > until) break;
  }
  planned = waiting.size > 0;
  if (planned) requestAnimationFrame(frame);
}
