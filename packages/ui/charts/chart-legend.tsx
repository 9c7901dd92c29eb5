/** What the lines of a chart are, and its marks. */
import { useText } from '../language/language.tsx';
import { usePalette } from '../theme/maille-theme.tsx';
import type { ChartLine } from './chart-line.ts';
import type { ChartMark } from './chart-marks.ts';
import { chartText } from './chart-text.ts';
import { lineColor } from './rtt-plot.ts';

interface ChartLegendProps {
  lines: readonly ChartLine[];
  /** Those that are in view. */
  marks: readonly ChartMark[];
}

export function ChartLegend({ lines, marks }: ChartLegendProps) {
  const text = useText(chartText);
  const palette = usePalette();
  const several = lines.length > 1 ? lines : [];
  const incident = marks.find(({ look }) => look !== 'route');
  const change = marks.some(({ look }) => look === 'route');
  if (several.length === 0 && !incident && !change) return null;
  return (
    <ul className="maille-chart-legend">
      {several.map(({ name, color, before }) => (
        <li key={`${name} ${before}`}>
          <svg width="18" height="8" aria-hidden="true">
            <path
              d="M0 4H18"
              stroke={lineColor(palette, color)}
              strokeWidth="2"
              strokeDasharray={before ? '5 3' : undefined}
            />
          </svg>
          {name}
        </li>
      ))}
      {incident && (
        <li title={text('markHint')}>
          <svg width="18" height="12" aria-hidden="true">
            <path
              d="M0 2H18M1 2V12"
              stroke={palette[incident.look as 'severe' | 'notable']}
              strokeWidth="3"
            />
          </svg>
          {text('markIncident')}
        </li>
      )}
      {change && (
        <li title={text('markHint')}>
          <svg width="11" height="14" aria-hidden="true">
            <path d="M5.5 0L10 4.5L5.5 9L1 4.5Z" fill={palette.text} />
            <path d="M5.5 9V14" stroke={palette.text} strokeDasharray="2 2" />
          </svg>
          {text('markRoute')}
        </li>
      )}
    </ul>
  );
}
