/** What the cells mean, drawn with the same shapes. */

import type { Coloring } from '@maille/ui/grid/cell-colors';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { LONGEST_SHOWN_NS, SHORTEST_SHOWN_NS } from '@maille/ui/samples/sample-level';
import { usePalette } from '@maille/ui/theme/maille-theme.tsx';
import { Fragment, type ReactNode } from 'react';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';

function Swatch({ children }: { children: ReactNode }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      {children}
    </svg>
  );
}

interface GridLegendProps {
  coloring: Coloring;
  /** Whether there is any such cell. */
  learning: boolean;
  notSent: boolean;
}

export function GridLegend({ coloring, learning, notSent }: GridLegendProps) {
  const text = useText(watchText);
  const format = useFormat();
  const palette = usePalette();
  const ramp = coloring === 'usual' ? palette.deviationRamp : palette.rttRamp;
  const calm = ramp[coloring === 'usual' ? 0 : 2] as string;
  const items: [string, ReactNode][] = [
    [text('legendLost'), <path key="lost" d="M0 0H7L12 5V12H0z" fill={palette.loss} />],
    [
      text('legendLostSome'),
      <g key="some">
        <path d="M0 0H12V12H0z" fill={calm} />
        <path d="M7 0H12V5z" fill={palette.loss} />
      </g>,
    ],
    [
      text('legendEmpty'),
      <path key="empty" d="M1 1H11V11H1z" fill="none" stroke={palette.empty} strokeWidth="1.5" />,
    ],
    [
      text('legendStale'),
      <path key="stale" d="M1 1H11V11H1z" fill={calm} fillOpacity="0.2" stroke={calm} strokeWidth="1.5" />,
    ],
  ];
  if (notSent)
    items.push([
      text('legendNotSent'),
      <path key="not-sent" d="M0 4L4 0M0 8L8 0M0 12L12 0M4 12L12 4M8 12L12 8" stroke={palette.empty} />,
    ]);
  if (coloring === 'usual' && learning)
    items.push([
      text('legendLearning'),
      <path
        key="learning"
        d="M0 0H12V12H0zM4 4V8H8V4z"
        fillRule="evenodd"
        fill={palette.rttRamp[2] as string}
      />,
    ]);
  return (
    <div className={classes.legend} role="note" aria-label={text('legend')}>
      <span>{coloring === 'usual' ? text('legendUsual') : format.rttShort(SHORTEST_SHOWN_NS)}</span>
      <span
        className={classes.ramp}
        style={{ background: `linear-gradient(90deg, ${ramp.join(', ')})` }}
        aria-hidden="true"
      />
      <span>{coloring === 'usual' ? text('legendSevere') : format.rttShort(LONGEST_SHOWN_NS)}</span>
      {items.map(([name, shape]) => (
        <Fragment key={name}>
          <span className={classes.legendItem}>
            <Swatch>{shape}</Swatch>
            {name}
          </span>
        </Fragment>
      ))}
    </div>
  );
}
