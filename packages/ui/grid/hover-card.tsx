/** What lies under the pointer, exactly: address, RTT, time, loss within the minute, and its ring. */
import { useEffect, useState } from 'react';
import { useFormat, useText } from '../language/language.tsx';
import { Ring } from '../ring/ring.tsx';
import type { SampleSource } from '../samples/sample-source.ts';
import { emptySummary } from '../samples/sample-window.ts';
import type { Coloring } from './cell-colors.ts';
import { deviationWords, figureWords, lossWords } from './cell-words.ts';
import { type GridIncident, incidentsOf } from './draw-incidents.ts';
import { gridText } from './grid-text.ts';
import type { GridTarget, Hit, Layout } from './tiles.ts';

export interface HoverCardProps {
  hover: { hit: Hit; x: number; y: number };
  layout: Layout;
  targets: ReadonlyMap<number, GridTarget>;
  source: SampleSource;
  agent: number | undefined;
  coloring: Coloring;
  incidents: readonly GridIncident[];
}

const CARD_WIDTH = 260;

const MAX_INCIDENTS = 3;

function IncidentLines({ incidents }: { incidents: readonly GridIncident[] }) {
  return incidents.slice(0, MAX_INCIDENTS).map(({ id, severity, words }) => (
    <div key={id} className="maille-hover-incident" data-severity={severity}>
      {words}
    </div>
  ));
}

export function HoverCard({ hover, layout, targets, source, agent, coloring, incidents }: HoverCardProps) {
  const text = useText(gridText);
  const format = useFormat();
  const [, setTurn] = useState(0);
  useEffect(() => source.subscribe(() => setTurn((before) => before + 1)), [source]);
  const { hit } = hover;
  if (!hit) return null;
  const tile = layout.placed[hit.tileIndex]?.tile;
  if (!tile) return null;
  const left = Math.max(0, Math.min(hover.x + 14, globalThis.innerWidth - CARD_WIDTH - 40));
  const style = { left, top: hover.y + 16, maxWidth: CARD_WIDTH };
  if (hit.kind === 'tile') {
    const touching = incidents.filter(({ targetIds }) => tile.cells.some((id) => targetIds.has(id)));
    return (
      <div className="maille-hover-card" style={style}>
        <div>
          {text('openPrefix', { prefix: tile.prefix === 'names' ? text('names') : tile.prefix })}
          <IncidentLines incidents={touching} />
        </div>
      </div>
    );
  }
  const target = targets.get(hit.targetId);
  const summary = emptySummary();
  const { window } = source;
  window.summarize(window.indexOf(hit.targetId), summary, agent);
  return (
    <div className="maille-hover-card" style={style}>
      <Ring
        source={source}
        targetId={hit.targetId}
        name={target?.host ?? ''}
        agent={agent}
        size={56}
        coloring={coloring}
      />
      <div>
        <strong>{target?.host}</strong>
        {target?.label && <div className="maille-hover-dimmed">{target.label}</div>}
        <div>{figureWords(summary, text, format)}</div>
        {coloring === 'usual' && deviationWords(summary, text) && <div>{deviationWords(summary, text)}</div>}
        {summary.level > 0 && (
          <div className="maille-hover-dimmed">
            {format.time((window.nowSecond - summary.ageSeconds) * source.tickMs)}
          </div>
        )}
        <div className="maille-hover-dimmed">{lossWords(summary, text)}</div>
        <IncidentLines incidents={incidentsOf(incidents, hit.targetId)} />
      </div>
    </div>
  );
}
