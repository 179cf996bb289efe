/** Formats of films in the order in which they are wanted. */
const formats = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"] as const;

const formatHere = (): string | undefined =>
  typeof MediaRecorder === "undefined" ? undefined : formats.find((each) => MediaRecorder.isTypeSupported(each));

/** Whether this browser can record one. */
export const canFilm = (): boolean => formatHere() !== undefined;

/** Pixels: the size of the film, its edges, and the line of words below the pictures. */
const [width, height, edge, line] = [1280, 720, 12, 40];
/** Pictures of a film at most. */
const maxPictures = 4;

/** Draws pictures side by side, each as large as its cell allows. */
function compose(
  context: CanvasRenderingContext2D,
  pictures: readonly HTMLCanvasElement[],
  { background, ink, caption, font }: FilmLook,
): void {
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  const columns = Math.min(2, pictures.length);
  const rows = Math.ceil(pictures.length / columns);
  const [w, h] = [(width - edge) / columns, (height - line - edge) / rows];
  context.imageSmoothingQuality = "high";
  for (const [i, picture] of pictures.entries()) {
    const scale = Math.min((w - edge) / picture.width, (h - edge) / picture.height);
    const [pw, ph] = [scale * picture.width, scale * picture.height];
    const [x, y] = [edge + (i % columns) * w, edge + Math.floor(i / columns) * h];
    context.drawImage(picture, x + (w - edge - pw) / 2, y + (h - edge - ph) / 2, pw, ph);
  }
  context.fillStyle = ink;
  context.font = `20px ${font}`;
  context.textAlign = "center";
  context.fillText(caption, width / 2, height - 14);
}

interface FilmLook {
  readonly background: string;
  readonly ink: string;
  readonly caption: string;
  readonly font: string;
}

/**
 * Records a film of so many seconds from the canvases of an element.
 * @param show Shows the pictures of a share of the film in [0, 1], and settles when they are drawn.
 */
export async function recordFilm(
  element: HTMLElement,
  seconds: number,
  look: () => FilmLook,
  show: (share: number) => Promise<void>,
): Promise<Blob> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d")!;
  const paint = () => compose(context, [...element.querySelectorAll("canvas")].slice(0, maxPictures), look());
  await show(0);
  paint();
  const mimeType = formatHere()!;
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType, videoBitsPerSecond: 4_000_000 });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  const began = performance.now();
  for (let share = 0; share < 1;) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    share = Math.min(1, (performance.now() - began) / (1000 * seconds));
    await show(share);
    paint();
  }
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: mimeType.split(";")[0]! });
}

/** Gives a file to the person. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.${blob.type.split("/")[1]}`;
  link.click();
  // The browser needs the address until it has begun to save.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
