export type Row = readonly string[];

/** Columns as wide as their widest cell: the first one aligned to the left, numbers to the right. */
export function table(head: Row, rows: readonly Row[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return lines;
}

const LOCALE = 'en-US';
const NOTHING = '–';

/** With so many decimals, and commas; a dash for what could not be measured. */
export function number(value: number | undefined, decimals = 0): string {
  if (value === undefined || Number.isNaN(value)) return NOTHING;
  return value.toLocaleString(LOCALE, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
