import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import sharp from "sharp";

const { files } = JSON.parse(readFileSync("model.json", "utf8"));
const [file, { inputs, outputs }] = Object.entries(files).find(([, { inputs }]) => Object.values(inputs)[0].prior);
const [[input, { prior, shape }]] = Object.entries(inputs);
const [[output, image]] = Object.entries(outputs);
const [, channels, height, width] = image.shape;
const uniform = Math.random;
const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const draw = prior === "standard normal" ? normal : uniform;

const session = await ort.InferenceSession.create(file);
const dims = [1, ...shape.slice(1)];
const noise = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, draw);
const { data } = (await session.run({ [input]: new ort.Tensor("float32", noise, dims) }))[output];

const size = width * height;
const bytes = Uint8ClampedArray.from(data, (_, i) => 255 * data[(i % channels) * size + Math.floor(i / channels)]);
await sharp(bytes, { raw: { width, height, channels } }).toFile("sample.png");
