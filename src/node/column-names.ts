/** Names that pandas gives to columns of row numbers: in a Parquet file, or in a table that was read with its index and written again. */
const names = /^(__index_level_\d+__|Unnamed: 0(\.\d+)*)$/;

/** Whether a column has a name that pandas gives to row numbers, which are not coordinates. */
export function holdsRowNumbers(name: string): boolean {
  return names.test(name);
}

/** Note about a column that is ignored because of its name. */
export function rowNumbersNote(name: string): string {
  return `column ${name} is ignored: pandas keeps its row index in it`;
}

/** The column from which classes of images are read. */
export const labelColumn = "label";

/** Whether a column has that name, in any case. */
export function isLabel(name: string): boolean {
  return name.toLowerCase() === labelColumn;
}

/** Note about points with a coordinate of that name. */
export function labelAmongPointsNote(name: string): string {
  return `column ${name} is read as a coordinate, because points have no classes; remove it from the file if it is not one`;
}
