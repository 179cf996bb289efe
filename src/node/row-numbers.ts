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
