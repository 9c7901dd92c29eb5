/**
 * The marks of a chart as buttons over its plot, for keys and for those who listen: what changed, and that
 * every view moves there. What is seen of them is drawn with the chart, so that a picture of it has it too.
 */
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import type uPlot from 'uplot';
import { useFormat, useText } from '../language/language.tsx';
import { type ChartMark, DIAMOND_TOP_PX } from './chart-marks.ts';
import { chartText } from './chart-text.ts';
import { groupMarks, type MarkGroup } from './mark-groups.ts';

const BUTTON_PX = 24;
const MAX_SAID = 5;

interface MarkButtonsProps {
  chart: uPlot;
  marks: readonly ChartMark[];
  fromMs: number;
  toMs: number;
  onStand(atMs: number): void;
}

export function MarkButtons({ chart, marks, fromMs, toMs, onStand }: MarkButtonsProps) {
  const text = useText(chartText);
  const format = useFormat();
  const { over } = chart;
  const [widthPx, setWidthPx] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setWidthPx(over.clientWidth));
    observer.observe(over);
    return () => observer.disconnect();
  }, [over]);
  const groups = groupMarks(marks, fromMs, toMs, widthPx, BUTTON_PX);
  if (groups.length === 0) return null;
  const said = ({ marks: all }: MarkGroup) => {
    const some = all.slice(0, MAX_SAID).map((mark) => `${format.dateTime(mark.fromMs)}: ${mark.words}`);
    return [...some, ...(all.length > MAX_SAID ? [text('more', { count: all.length - MAX_SAID })] : [])];
  };
  // Inside of the plot: the pointer over a button still carries the crosshair, and a drag may begin on it.
  return createPortal(
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div role="group" aria-label={text('changes')}>
      {groups.map((group) => {
        const first = group.marks[0] as ChartMark;
        const lines = said(group);
        return (
          <button
            key={first.fromMs}
            type="button"
            className="maille-chart-mark"
            style={{
              left: `clamp(0px, calc(${100 * group.left}% - ${BUTTON_PX / 2}px), calc(100% - ${BUTTON_PX}px))`,
              top: DIAMOND_TOP_PX - BUTTON_PX / 2,
              width: BUTTON_PX,
              height: BUTTON_PX,
            }}
            title={lines.join('\n')}
            aria-label={text('moveTo', { what: lines.join('; ') })}
            onClick={() => onStand(first.fromMs)}
            onFocus={() => chart.setCursor({ left: group.left * over.clientWidth, top: 0 })}
            onBlur={() => chart.setCursor({ left: -10, top: -10 })}
          />
        );
      })}
    </div>,
    over,
  );
}
