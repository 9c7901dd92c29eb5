/** Marks that begin too close to each other for two buttons: one button for them all. Bounds their number too. */
import type { ChartMark } from './chart-marks.ts';

export interface MarkGroup {
  /** In the order of their time. */
  marks: readonly ChartMark[];
  /** Of the first, as a part of the plot's width. */
  left: number;
}

/** Of those that begin between the two times; what began before is no place to go to within the view. */
export function groupMarks(
  marks: readonly ChartMark[],
  fromMs: number,
  toMs: number,
  widthPx: number,
  buttonPx: number,
): MarkGroup[] {
  const spanMs = toMs - fromMs;
  if (spanMs <= 0 || widthPx <= 0) return [];
  const groups: { marks: ChartMark[]; left: number }[] = [];
  const inside = marks
    .filter((mark) => mark.fromMs >= fromMs && mark.fromMs <= toMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  for (const mark of inside) {
    const left = (mark.fromMs - fromMs) / spanMs;
    const last = groups.at(-1);
    if (last && (left - last.left) * widthPx < buttonPx) last.marks.push(mark);
    else groups.push({ marks: [mark], left });
  }
  return groups;
}
