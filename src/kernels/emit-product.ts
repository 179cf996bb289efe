import type { Product } from "./steps.ts";
import { tile } from "./product-tile.ts";
import { count, pushPart } from "./emit-steps.ts";
import { FunctionBuilder, type Local, type ModuleBuilder } from "./wasm.ts";

/** Steps of the inner axis after which sums are written to memory: panels of this length stay in the L1 cache. */
const innerBlock = 256;
/** Panels of rows that stay in the L2 cache while all columns are processed. */
const rowBlock = 32;
/**
 * Steps of the inner axis per iteration of a tile's loop. The loop can be left after each of them, so that each is a basic
 * block of its own: V8 before version 12 (Node 20) moves all loads of a basic block to its start, and even those of two steps
 * do not fit into the registers. With all four in one block, products ran at 29 instead of 47 GFLOP/s (docs/kernels.md).
 */
const unrolled = 4;
/** Bytes of scratch space for one tile at the border of a result. */
export const borderBytes = 4 * tile.rows * tile.columns;

/** Indices of the functions that all products of a module share. */
export interface ProductFunctions {
  readonly multiply: number;
}

const [rows, vectors] = [tile.rows, tile.columns / 4];

/** Adds the functions that all products of a module share. */
export function addProductFunctions(module: ModuleBuilder): ProductFunctions {
  const micro = module.add(emitTile());
  const border = module.add(emitBorder(micro));
  return { multiply: module.add(emitMultiply(micro, border)) };
}

const tileParams = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** One tile, with parameters: the addresses of both panels and of the result, the number of steps, the bytes of a row of the result, and whether to add to it. */
function emitTile(): FunctionBuilder {
  const code = new FunctionBuilder(tileParams);
  const [a, b, c, steps, pitch, adds] = code.params as [Local, Local, Local, Local, Local, Local];
  const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => code.local("v128")));
  const columns = Array.from({ length: vectors }, () => code.local("v128"));
  const [factor, row, left] = [code.local("v128"), code.local("i32"), code.local("i32")];
  const eachRow = (body: (r: number) => void) => {
    code.get(c).set(row);
    for (let r = 0; r < rows; r++) {
      body(r);
      if (r < rows - 1) code.get(row).get(pitch).op("i32.add").set(row);
    }
  };
  code.get(adds).when(() =>
    eachRow((r) =>
      sums[r]!.forEach((sum, v) =>
        code
          .get(row)
          .memory("v128.load", { offset: 16 * v })
          .set(sum),
      ),
    ),
  );
  const step = (at: number) => {
    columns.forEach((column, v) =>
      code
        .get(b)
        .memory("v128.load", { offset: 4 * tile.columns * at + 16 * v })
        .set(column),
    );
    sums.forEach((line, r) => {
      code
        .get(a)
        .memory("v128.load32_splat", { offset: 4 * rows * at + 4 * r })
        .set(factor);
      line.forEach((sum, v) => code.get(factor).get(columns[v]!).op("f32x4.mul").get(sum).op("f32x4.add").set(sum));
    });
  };
  code.get(steps).set(left);
  code.loopUntil((leaveIf) => {
    for (let at = 0; at < unrolled; at++) {
      step(at);
      if (at < unrolled - 1) {
        code
          .get(left)
          .i32(at + 1)
          .op("i32.eq");
        leaveIf();
      }
    }
    for (const [panel, size] of [
      [a, rows],
      [b, tile.columns],
    ] as const) {
      code
        .get(panel)
        .i32(4 * size * unrolled)
        .op("i32.add")
        .set(panel);
    }
    code.get(left).i32(unrolled).op("i32.sub").tee(left).op("i32.eqz");
    leaveIf();
  });
  eachRow((r) =>
    sums[r]!.forEach((sum, v) =>
      code
        .get(row)
        .get(sum)
        .memory("v128.store", { offset: 16 * v }),
    ),
  );
  return code;
}

/** A tile at the border with fewer rows or columns: computes a whole tile in scratch space and copies the part that exists. */
function emitBorder(micro: number): FunctionBuilder {
  const code = new FunctionBuilder([...tileParams, "i32", "i32", "i32"]);
  const [a, b, c, steps, pitch, adds, height, width, spare] = code.params as Local[];
  const [line, from, to] = [code.local("i32"), code.local("i32"), code.local("i32")];
  const copy = (inward: boolean) => {
    code.get(c!).set(from).get(spare!).set(to).get(height!).set(line);
    code.loop(() => {
      const [target, source] = inward ? [to, from] : [from, to];
      code.get(target).get(source).get(width!).i32(2).op("i32.shl").copyMemory();
      code.get(from).get(pitch!).op("i32.add").set(from);
      code
        .get(to)
        .i32(4 * tile.columns)
        .op("i32.add")
        .set(to);
      code.get(line).i32(1).op("i32.sub").tee(line);
    });
  };
  code.get(adds!).when(() => copy(true));
  code
    .get(a!)
    .get(b!)
    .get(spare!)
    .get(steps!)
    .i32(4 * tile.columns)
    .get(adds!)
    .call(micro, tileParams);
  copy(false);
  return code;
}

/** Parameters of a product of packed operands: a, b, result, m, n, k, scratch space for a border tile, part, number of parts. */
const multiplyParams = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** One thread's part of a product: some panels of its rows, or of its columns if there are more of these. */
function emitMultiply(micro: number, border: number): FunctionBuilder {
  const code = new FunctionBuilder(multiplyParams);
  const [a, b, c, m, n, k, spare, part, parts] = code.params as typeof code.params &
    [Local, Local, Local, Local, Local, Local, Local, Local, Local];
  const number = () => code.local("i32");
  const [start, steps, block, blockEnd, i, j] = [number(), number(), number(), number(), number(), number()];
  const [panelsA, panelsB, height, width] = [number(), number(), number(), number()];
  const [pitch, fromA, fromB, to] = [number(), number(), number(), number()];
  const [firstA, firstB, endA, endB] = [number(), number(), number(), number()];
  const panels = (extent: Local, size: number, into: Local) =>
    code
      .get(extent)
      .i32(size - 1)
      .op("i32.add")
      .i32(size)
      .op("i32.div_u")
      .set(into);
  const atMost = (value: Local, most: number) => {
    code.get(value).i32(most).op("i32.gt_u");
    code.when(() => code.i32(most).set(value));
  };
  panels(m, rows, panelsA);
  panels(n, tile.columns, panelsB);
  code.get(panelsA).set(endA).get(panelsB).set(endB);
  code.get(panelsA).get(panelsB).op("i32.ge_u").tee(start);
  code.when(() => pushPart(code, panelsA, part, parts, firstA, endA));
  code.get(start).op("i32.eqz");
  code.when(() => pushPart(code, panelsB, part, parts, firstB, endB));
  code.i32(0).set(start);
  code.get(n).i32(2).op("i32.shl").set(pitch);
  /** Sets `into` to the address of the current step in a panel. */
  const place = (base: Local, panel: Local, size: number, into: Local) =>
    code
      .get(panel)
      .get(k)
      .op("i32.mul")
      .get(start)
      .op("i32.add")
      .i32(4 * size)
      .op("i32.mul")
      .get(base)
      .op("i32.add")
      .set(into);
  const args = () => code.get(fromA).get(fromB).get(to).get(steps).get(pitch).get(start).i32(0).op("i32.ne");
  const one = () => {
    place(a, i, rows, fromA);
    code.get(i).i32(rows).op("i32.mul").get(pitch).op("i32.mul");
    code
      .get(j)
      .i32(4 * tile.columns)
      .op("i32.mul")
      .op("i32.add")
      .get(c)
      .op("i32.add")
      .set(to);
    code.get(m).get(i).i32(rows).op("i32.mul").op("i32.sub").set(height);
    atMost(height, rows);
    code.get(height).i32(rows).op("i32.eq").get(width).i32(tile.columns).op("i32.eq").op("i32.and").tee(height);
    code.when(() => args().call(micro, tileParams));
    code.get(height).op("i32.eqz");
    code.when(() => {
      code.get(m).get(i).i32(rows).op("i32.mul").op("i32.sub").set(height);
      atMost(height, rows);
      args()
        .get(height)
        .get(width)
        .get(spare)
        .call(border, [...tileParams, "i32", "i32", "i32"]);
    });
  };
  const upTo = (counter: Local, step: number, limit: Local, body: () => void) =>
    code.loop(() => {
      body();
      code.get(counter).i32(step).op("i32.add").tee(counter).get(limit).op("i32.lt_u");
    });
  code.get(firstA).get(endA).op("i32.lt_u").get(firstB).get(endB).op("i32.lt_u").op("i32.and");
  const blocks = () =>
    upTo(start, innerBlock, k, () => {
      code.get(k).get(start).op("i32.sub").set(steps);
      atMost(steps, innerBlock);
      code.get(firstA).set(block);
      upTo(block, rowBlock, endA, () => {
        code.get(endA).get(block).op("i32.sub").set(blockEnd);
        atMost(blockEnd, rowBlock);
        code.get(blockEnd).get(block).op("i32.add").set(blockEnd).get(firstB).set(j);
        upTo(j, 1, endB, () => {
          place(b, j, tile.columns, fromB);
          code.get(n).get(j).i32(tile.columns).op("i32.mul").op("i32.sub").set(width);
          atMost(width, tile.columns);
          code.get(block).set(i);
          upTo(i, 1, blockEnd, one);
        });
      });
    });
  code.when(blocks);
  return code;
}

/** A stack of products, as a function of the addresses of both operands, the result and the scratch space, and of a thread's part. */
export function emitProduct({ a, b, out }: Product, { multiply }: ProductFunctions): FunctionBuilder {
  const [m, n] = out.shape.slice(-2) as [number, number];
  const k = a.shape.at(-2)!;
  const code = new FunctionBuilder(["i32", "i32", "i32", "i32", "i32", "i32"]);
  const [left, right, to, spare, part, parts] = code.params as [Local, Local, Local, Local, Local, Local];
  code.get(part).i32(borderBytes).op("i32.mul").get(spare).op("i32.add").set(spare);
  const stack = out.shape.slice(0, -2).reduce((size, extent) => size * extent, 1);
  const matrix = (panels: Product["a"]) =>
    panels.shape[0] === 1 ? 0 : 4 * panels.shape.slice(1).reduce((x, y) => x * y, 1);
  count(code, stack, () => {
    code.get(left).get(right).get(to).i32(m).i32(n).i32(k).get(spare).get(part).get(parts);
    code.call(multiply, multiplyParams);
    for (const [pointer, bytes] of [
      [left, matrix(a)],
      [right, matrix(b)],
      [to, 4 * m * n],
    ] as const) {
      if (bytes > 0) code.get(pointer).i32(bytes).op("i32.add").set(pointer);
    }
  });
  return code;
}
