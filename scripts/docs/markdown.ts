/** A Markdown table; `right` are the columns with figures. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), `| ${header.map((_, index) => (right.includes(index) ? '---:' : '---')).join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** 14549 → "14,549". */
export const thousands = (amount: number): string => String(amount).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** Above every file that is made as a whole. */
export const MADE = '<!-- Made by `npm run docs`; do not edit. -->'
