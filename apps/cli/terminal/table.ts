/**
 * A table that fits the terminal: the columns that may shrink do, widest first, never below eight
 * columns. Where nobody looks (a pipe), nothing is cut.
 */
import { safeText } from './safe-text.ts';
import { cutText, textWidth } from './text-width.ts';

export interface Column<Row> {
  title: string;
  of: (row: Row) => string | number | undefined;
  align?: 'right';
  /** Ids and addresses are useless when cut. */
  keepWhole?: true;
  /** Wraps a cell in colour, after it has been cut and padded. */
  paint?: (text: string, row: Row) => string;
}

const GAP = 2;
const NARROWEST = 8;

export function formatTable<Row>(columns: Column<Row>[], rows: Row[], width: number | undefined): string {
  const cells = rows.map((row) => columns.map((column) => safeText(String(column.of(row) ?? ''))));
  const widths = columns.map((column, i) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[i] as string))),
  );
  if (width !== undefined) shrink(widths, columns, width);
  const pad = (text: string, i: number) => {
    const space = ' '.repeat(Math.max(0, (widths[i] as number) - textWidth(text)));
    if (columns[i]?.align === 'right') return space + text;
    return i === columns.length - 1 ? text : text + space;
  };
  const lines = [columns.map((column, i) => pad(cutText(column.title, widths[i] as number), i))];
  for (const [r, line] of cells.entries()) {
    lines.push(
      line.map((cell, i) => {
        const text = pad(cutText(cell, widths[i] as number), i);
        return columns[i]?.paint?.(text, rows[r] as Row) ?? text;
      }),
    );
  }
  return lines.map((line) => line.join(' '.repeat(GAP)).trimEnd()).join('\n');
}

function shrink<Row>(widths: number[], columns: Column<Row>[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1);
  while (total() > width) {
    let widest = -1;
    for (const [i, each] of widths.entries()) {
      if (columns[i]?.keepWhole || each <= NARROWEST) continue;
      if (widest < 0 || each > (widths[widest] as number)) widest = i;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] as number) - 1;
  }
}
