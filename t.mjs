import sharp from "sharp";
import fs from "node:fs";
for (const f of fs.readdirSync("/tmp/img/fx2/")) {
  const b = fs.readFileSync("/tmp/img/fx2/" + f);
  try {
    const m = await sharp(b).metadata();
    const { data } = await sharp(b, { failOn: "truncated" })
      .toColourspace("b-w")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    console.log(f, m.width, m.depth, m.space, m.bitsPerSample, [...data]);
  } catch (e) {
    console.log(f, e.message);
  }
}
