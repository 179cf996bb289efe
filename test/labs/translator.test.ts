import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ndarray } from "../../src/base/ndarray.ts";
import { range } from "../../src/base/range.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { emitOnnx } from "../../src/onnx/index.ts";
import { add, mean, mul, sub } from "../../src/ops/index.ts";
import { openOnnxTranslator, translateImage } from "../../src/trained/index.ts";
import { noBrowser } from "../browser.ts";
import { type LabsSite, openLabs } from "./page.ts";

const [width, height] = [12, 9];

/** A file from images [n, 3, 8, 6] in [0, 1] to what a function makes of them. */
const fileOf = (apply: (x: Tensor) => Tensor) =>
  emitOnnx(
    { y: apply(input("x", ["n", 3, 8, 6])) },
    { target: "portable", metadata: { "Image.NominalPixelRange": "Normalized_0_1" } },
  );

describe.skipIf(noBrowser !== null)(`the user's files${noBrowser === null ? "" : ` (${noBrowser})`}`, () => {
  let site: LabsSite;
  let folder: string;
  const pixels = Uint8Array.from(range(0, width * height * 3), (i) => (37 * i) % 256);
  const there = fileOf((x) => sub(1, mul(x, 0.5)));
  const files: Readonly<Record<string, Uint8Array | string>> = {
    "AtoB.onnx": there,
    "BtoA.onnx": fileOf((x) => mul(sub(1, x), 2)),
    "scores.onnx": fileOf((x) => mean(x, { axes: [1, 2, 3] })),
    "pair.onnx": emitOnnx({ y: add(input("x", ["n", 3, 8, 6]), input("z", ["n", 3, 8, 6])) }, { target: "portable" }),
    "cut.onnx": there.subarray(0, there.length - 20),
    "page.onnx": "<!doctype html><title>404</title>",
    "notes.txt": "no picture",
    "broken.png": "no picture",
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-translator-"));
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, "own.png"));
    site = await openLabs();
  });

  afterAll(async () => {
    await site?.close();
    await rm(folder, { recursive: true });
  });

  const open = async () => {
    await site.go("#/translation?lang=en");
    await site.page.getByRole("heading", { name: "Your own model and picture" }).waitFor();
  };
  const choose = (label: string, name: string) =>
    site.page.getByLabel(label, { exact: true }).setInputFiles(join(folder, name));
  const shown = (label: string) =>
    site.page.evaluate<number[]>(
      `[...[...document.querySelectorAll("canvas")].find((canvas) => canvas.ariaLabel === ${JSON.stringify(label)}).getContext("2d").getImageData(0, 0, ${width}, ${height}).data]`,
    );
  const withoutOpacity = (rgba: readonly number[]) => rgba.filter((_, i) => i % 4 !== 3);

  it("translates a picture as in Node, byte for byte, and back", { timeout: 60_000 }, async () => {
    const asked: string[] = [];
    site.page.on("request", (request) => asked.push(request.url()));
    await open();
    expect(asked.some((url) => url.includes("onnxruntime"))).toBe(false);
    await choose("picture", "own.png");
    await expect.poll(async () => withoutOpacity(await shown("picture")), { timeout: 20_000 }).toEqual([...pixels]);
    await choose("AtoB.onnx", "AtoB.onnx");
    await site.page.getByRole("img", { name: "A → B", exact: true }).waitFor({ timeout: 30_000 });
    expect(asked.some((url) => url.includes("onnxruntime"))).toBe(true);
    expect(asked.every((url) => url.startsWith("http://localhost") || url.startsWith("about:"))).toBe(true);
    const net = await openOnnxTranslator({ name: "AtoB.onnx", bytes: there }, {}, { device: "cpu", threads: 1 }, null);
    const expected = await translateImage(net, ndarray("uint8", [height, width, 3], pixels), "resize");
    await net.close();
    expect(withoutOpacity(await shown("A → B"))).toEqual([...expected.data]);
    expect(await site.page.locator("[data-net]").textContent()).toContain("6 × 8");
    await choose("BtoA.onnx, for the way back", "BtoA.onnx");
    await site.page.getByRole("img", { name: "A → B → A", exact: true }).waitFor();
    const number = async (name: string) =>
      Number(await site.page.locator(`[data-${name}]`).getAttribute(`data-${name}`));
    // The way back doubles what noise it is given, and hides nothing.
    expect(await number("cycle")).toBeLessThan(1e-6);
    expect(await number("hidden")).toBeCloseTo(2, 3);
  });

  it("accepts dropped files", { timeout: 60_000 }, async () => {
    await open();
    const given = [
      ["AtoB.onnx", [...there], ""],
      [
        "own.png",
        [
          ...(await sharp(pixels, { raw: { width, height, channels: 3 } })
            .png()
            .toBuffer()),
        ],
        "image/png",
      ],
    ] as const;
    await site.page.evaluate(`{
      const dataTransfer = new DataTransfer();
      for (const [name, bytes, type] of ${JSON.stringify(given)}) dataTransfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
      document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }`);
    await site.page.getByRole("img", { name: "A → B", exact: true }).waitFor({ timeout: 30_000 });
  });

  it.each([
    ["AtoB.onnx", "scores.onnx", "scores.onnx must return images of the input size, [1, 3, 8, 6] - got [1]"],
    ["AtoB.onnx", "pair.onnx", "pair.onnx must have one input - got x float32 [n, 3, 8, 6], z float32 [n, 3, 8, 6]"],
    [
      "AtoB.onnx",
      "cut.onnx",
      "cut.onnx must be an ONNX model - got a file that is damaged, truncated or of another kind",
    ],
    [
      "AtoB.onnx",
      "page.onnx",
      "page.onnx must be an ONNX model - got a web page: the download did not return the file itself",
    ],
    ["picture", "broken.png", "broken.png must be a picture that this browser can decode"],
    ["picture", "notes.txt", "notes.txt must be a picture that this browser can decode"],
  ])("gives the reason for rejecting a file as %s: %s", { timeout: 60_000 }, async (label, name, reason) => {
    await open();
    await choose(label, name);
    await expect
      .poll(() => site.page.locator(".own").getByRole("alert").textContent(), { timeout: 30_000 })
      .toContain(reason);
  });

  it("violates no rule of its content security policy, and throws no error", () => {
    expect(site.faults).toEqual([]);
  });
});
