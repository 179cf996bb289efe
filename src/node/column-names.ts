/** Names that pandas gives to columns of row numbers: in a Parquet file, and of a table that was read with its index and written again. */
const names = /^(__index_level_\d+__|Unnamed: 0(\.\d+)*)$/;

/** Whether a column is called as pandas calls the numbers of rows, which are no coordinates. */
export function holdsRowNumbers(name: string): boolean {
  return names.test(name);
}

/** What is said of a column that is left out for its name. */
export function rowNumbersNote(name: string): string {
  return `column ${name} is left out: pandas keeps its row index in it`;
}

/** The column that classes of images are read from. */
export const labelColumn = "label";

/** Whether a column is called so, in capitals or not. */
export function isLabel(name: string): boolean {
  return name.toLowerCase() === labelColumn;
}

/** What is said of points among whose coordinates there is a column that is called so. */
export function labelAmongPointsNote(name: string): string {
  return `column ${name} is read as a coordinate, because points have no classes; remove it from the file if it is not one`;
}
