/**
 * Rows and columns of one tile of a product. Its sums fill eight registers; V8 has sixteen, and larger tiles spill.
 * Operands are packed in panels of so many rows or columns, one step of the inner axis after the other.
 */
export const tile = { rows: 4, columns: 8 } as const;
