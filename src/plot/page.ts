import { concatBytes } from "../base/bytes.ts";
import { Sha256 } from "../base/sha256.ts";
import { maxOf } from "../base/many.ts";
import { chartStyle } from "./chart.ts";
import { Markup, markup } from "./markup.ts";

/** The same picture at several steps of training, oldest first. */
export interface Film {
  readonly title: string;
  readonly caption: string;
  readonly frames: readonly { readonly label: string; readonly png: Uint8Array }[];
}

export interface Picture {
  readonly title: string;
  readonly caption: string;
  readonly png: Uint8Array;
}

/** A section of a page, omitted if empty. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: readonly Markup[];
}

/** An HTML file that opens from disk, without a server or network; its content does not depend on the script. */
export function renderPage(title: string, head: Markup, all: readonly Section[]): string {
  const sections = all.filter(({ content }) => content.length > 0);
  const links = sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  const nav = sections.length > 1 ? markup`<nav aria-label="Sections"><ul>${links}</ul></nav>` : "";
  const body = sections.map(
    ({ id, title, content }) => markup`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${title}</h2>
${content}
</section>
`,
  );
  return markup`${new Markup("<!doctype html>")}
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<title>${title} · zaya report</title>
<style>${new Markup(pageStyle + chartStyle)}</style>
</head>
<body>
<header>
<h1 dir="auto">${title}</h1>
${head}
${nav}
</header>
<main>
${body}</main>
<footer>Written by zaya. This file is complete: it loads nothing.</footer>
<script>${new Markup(scrubScript)}</script>
</body>
</html>
`.html;
}

/** Films side by side, scrubbed through together. */
export function filmStrips(films: readonly Film[]): Markup {
  const last = maxOf(films.map(({ frames }) => frames.length)) - 1;
  const controls = markup`<div class="scrubber" id="scrubber" hidden=""><button type="button">Play</button><input type="range" min="0" max="${last}" value="${last}" step="1" aria-label="Time in training" /><span class="label" aria-hidden="true"></span></div>`;
  return markup`${last > 0 ? controls : ""}<div class="films">${films.map(filmStrip)}</div>`;
}

function filmStrip({ title, caption, frames }: Film): Markup {
  const items = frames.map(
    ({ label, png }) => markup`<li>${image(png, `${title}, ${label}`)}<span class="label">${label}</span></li>`,
  );
  return markup`<figure class="film"><figcaption><h3 dir="auto">${title}</h3>${captionOf(caption)}</figcaption><ol data-film="">${items}</ol></figure>`;
}

export function pictureFigures(pictures: readonly Picture[]): Markup {
  const figures = pictures.map(
    ({ title, caption, png }) =>
      markup`<figure><figcaption><h3 dir="auto">${title}</h3>${captionOf(caption)}</figcaption>${image(png, title)}</figure>`,
  );
  return markup`<div class="films">${figures}</div>`;
}

function captionOf(caption: string): Markup {
  return caption === "" ? markup`` : markup`<p class="note" dir="auto">${caption}</p>`;
}

/** Small pictures are enlarged by whole factors, up to this many CSS pixels. */
const comfortable = 480;

function image(png: Uint8Array, alt: string): Markup {
  const source = `data:image/png;base64,${base64(png)}`;
  const size = pngSize(png);
  if (size === null) return markup`<img src="${source}" alt="${alt}" />`;
  const scale = Math.max(1, Math.floor(comfortable / Math.max(size.width, size.height)));
  const kind = size.width > comfortable ? "large" : "small";
  return markup`<img class="${kind}" src="${source}" alt="${alt}" width="${size.width * scale}" height="${size.height * scale}" />`;
}

/** Size from a PNG's header; null for other bytes. */
function pngSize(png: Uint8Array): { width: number; height: number } | null {
  if (png.length < 24 || png[1] !== 0x50 || png[2] !== 0x4e || png[3] !== 0x47) return null;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  return width > 0 && height > 0 ? { width, height } : null;
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 encoding. @source RFC 4648, section 4. */
function base64(bytes: Uint8Array): string {
  const padding = (3 - (bytes.length % 3)) % 3;
  const filled = concatBytes([bytes, new Uint8Array(padding)]);
  let text = "";
  for (let i = 0; i < filled.length; i += 3) {
    const word = (filled[i]! << 16) | (filled[i + 1]! << 8) | filled[i + 2]!;
    for (let shift = 18; shift >= 0; shift -= 6) text += base64Letters[(word >> shift) & 63]!;
  }
  return text.slice(0, text.length - padding) + "=".repeat(padding);
}

// Shows one frame of each film at a time; films of different lengths show the same fraction of the training. At most
// three changes per second, so that nothing flashes.
const scrubScript = `
(() => {
  const scrubber = document.getElementById("scrubber");
  if (!scrubber) return;
  const [play, slider, label] = scrubber.children;
  const films = Array.from(document.querySelectorAll("[data-film]"), (film) => Array.from(film.children));
  const longest = films.reduce((a, b) => (b.length > a.length ? b : a));
  const show = () => {
    const share = slider.value / slider.max;
    for (const frames of films) {
      const now = Math.round(share * (frames.length - 1));
      frames.forEach((frame, i) => { frame.hidden = i !== now; });
    }
    const words = longest[slider.value].querySelector(".label").textContent;
    label.textContent = words;
    slider.setAttribute("aria-valuetext", words);
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  const advance = () => {
    slider.value = Number(slider.value) + 1;
    show();
    if (slider.value === slider.max) stop();
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (slider.value === slider.max) slider.value = 0;
    show();
    timer = setInterval(advance, 450);
    play.textContent = "Pause";
  });
  slider.addEventListener("input", () => { stop(); show(); });
  addEventListener("beforeprint", () => { stop(); for (const frame of films.flat()) frame.hidden = false; });
  addEventListener("afterprint", show);
  scrubber.hidden = false;
  show();
})();
`;

// Only this script may run, and nothing may be fetched, whatever text the report contains.
const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${base64(digest(scrubScript))}'; base-uri 'none'; form-action 'none'`;

function digest(text: string): Uint8Array {
  const hex = new Sha256().update(new TextEncoder().encode(text)).hex();
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --card: #ffffff; --text: #1b1f24; --muted: #56606b; --edge: #d8dde2; --accent: #0067a3;
  --good: #00704f; --warn: #8a5300; --bad: #b3360b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121518; --card: #1a1e23; --text: #e7eaed; --muted: #a4adb6; --edge: #353c44; --accent: #6bbdec;
    --good: #45c99d; --warn: #eab14a; --bad: #ff9063;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 70rem; margin-inline: auto; padding-inline: clamp(.75rem, 3vw, 2rem); }
header { padding-block: 2rem .5rem; }
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin-block-end: .75rem; }
h3 { font-size: 1rem; overflow-wrap: anywhere; }
section { padding-block: 1.25rem; }
section > .chart + .chart { margin-block-start: 1rem; }
section > .chart + .note { margin-block-start: .5rem; }
li { overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.status { margin-block: .5rem; overflow-wrap: anywhere; }
.status.done .sign { color: var(--good); }
.status.running .sign { color: var(--accent); }
.status.interrupted .sign { color: var(--warn); }
.status.diverged .sign, .status.failed .sign { color: var(--bad); }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; padding: 0; }
nav a { display: inline-block; padding-block: .25rem; }
.note, .unit, .label { color: var(--muted); font-size: .875rem; }
.unit { font-weight: 400; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8.5rem), 1fr)); gap: .75rem 1rem; }
.tiles div { border-inline-start: 3px solid var(--edge); padding-inline-start: .7rem; min-width: 0; }
dt { color: var(--muted); font-size: .875rem; }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.cards, .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; align-items: start; }
.cards { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); margin-block-start: .5rem; }
.card, .chart { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; padding: .9rem 1rem; min-width: 0; }
.value strong { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.parts { margin-block: .5rem; }
.parts div { display: flex; justify-content: space-between; gap: 1rem; border-block-start: 1px solid var(--edge); padding-block: .2rem; }
.films { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.films > figure { margin: 0; min-width: 0; max-width: 100%; }
.films figcaption { max-width: 30rem; margin-block-end: .5rem; }
.film ol { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; }
.film li[hidden] { display: none; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; }
img.large { image-rendering: auto; }
@media (max-width: 36rem) { img { image-rendering: auto; } }
.scrubber { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; position: sticky; top: 0; z-index: 1; background: var(--ground); padding-block: .5rem; }
.scrubber[hidden] { display: none; }
.scrubber input { flex: 1 1 9rem; min-width: 0; min-height: 1.75rem; accent-color: var(--accent); }
.scrubber .label { min-width: 6.5rem; font-variant-numeric: tabular-nums; }
button { min-width: 5rem; min-height: 2rem; border: 1px solid var(--muted); border-radius: .375rem; background: var(--card); color: var(--text); font: inherit; cursor: pointer; }
summary { cursor: pointer; color: var(--accent); font-size: .875rem; padding-block: .25rem; width: fit-content; }
.wide { overflow-x: auto; }
.scroll { overflow: auto; max-height: 20rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: start; color: var(--muted); padding-block-end: .35rem; }
th, td { padding: .2rem .75rem .2rem 0; text-align: start; border-block-end: 1px solid var(--edge); vertical-align: top; }
.data { min-width: min(100%, 26rem); }
.data td, .data th { text-align: end; font-weight: 400; }
.data thead th { font-weight: 600; }
.runs td, .runs th { padding-inline-end: 1.5rem; }
.runs tbody th { font-weight: 400; max-width: 22rem; }
.config { width: 100%; }
.config td { overflow-wrap: anywhere; }
.config td:last-child { overflow-wrap: normal; padding-inline-end: 0; }
.config tbody th { font-weight: 400; }
.config .default { color: var(--muted); }
.config .changed th, .config .changed td { font-weight: 600; }
footer { color: var(--muted); font-size: .875rem; padding-block: 1rem 2rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } .scrubber button { display: none; } }
@media print { .scrubber, nav { display: none; } .card, .chart, figure { break-inside: avoid; } }
`;
