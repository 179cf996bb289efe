// Canvases are drawn one per task, so that no frame of a lab with many pictures holds up the page.

const waiting = new Map<HTMLCanvasElement, () => void>();
let isDrawing = false;
let idle: (() => void)[] = [];

/** Draws on a canvas soon; of several drawings that wait for one canvas only the newest is made. */
export function drawSoon(canvas: HTMLCanvasElement, draw: () => void): void {
  waiting.delete(canvas);
  waiting.set(canvas, draw);
  if (isDrawing) return;
  isDrawing = true;
  setTimeout(drawNext);
}

/** Forgets a canvas that has left the page. */
export function forget(canvas: HTMLCanvasElement): void {
  waiting.delete(canvas);
}

/** Settled when no drawing waits. */
export function allDrawn(): Promise<void> {
  return isDrawing ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve();
}

function drawNext(): void {
  const next = waiting.entries().next();
  if (next.done === true) {
    isDrawing = false;
    const told = idle;
    idle = [];
    for (const tell of told) tell();
    return;
  }
  const [canvas, draw] = next.value;
  waiting.delete(canvas);
  try {
    draw();
  } finally {
    setTimeout(drawNext);
  }
}
