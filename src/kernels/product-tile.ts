/**
 * Rows and columns of one tile of a product. Its sums fill 8 of the 16 registers that V8 uses; larger tiles spill.
 * Operands are packed in panels of this many rows or columns, ordered by the inner axis.
 */
export const tile = { rows: 4, columns: 8 } as const;
