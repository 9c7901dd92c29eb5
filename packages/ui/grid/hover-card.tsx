/** What lies under the pointer, exactly: address, RTT, time, loss within the minute, and its ring. */
import { useEffect, useState } from 'react';
import { useFormat, useText } from '../language/language.tsx';
import { Ring } from '../ring/ring.tsx';
import type { SampleSource } from '../samples/sample-source.ts';
import type { TargetSummary } from '../samples/sample-window.ts';
import { figureWords, lossWords } from './cell-words.ts';
import { gridText } from './grid-text.ts';
import type { GridTarget, Hit, Layout } from './tiles.ts';

export interface HoverCardProps {
  hover: { hit: Hit; x: number; y: number };
  layout: Layout;
  targets: ReadonlyMap<number, GridTarget>;
  source: SampleSource;
  agent: number | undefined;
}

const CARD_WIDTH = 260;

export function HoverCard({ hover, layout, targets, source, agent }: HoverCardProps) {
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
    return (
      <div className="maille-hover-card" style={style}>
        {text('openPrefix', { prefix: tile.prefix === 'names' ? text('names') : tile.prefix })}
      </div>
    );
  }
  const target = targets.get(hit.targetId);
  const summary: TargetSummary = { level: 0, rttNs: 0, ageSeconds: 0, sent: 0, lost: 0 };
  const { window } = source;
  window.summarize(window.indexOf(hit.targetId), summary, agent);
  return (
    <div className="maille-hover-card" style={style}>
      <Ring source={source} targetId={hit.targetId} name={target?.host ?? ''} agent={agent} size={56} />
      <div>
        <strong>{target?.host}</strong>
        {target?.label && <div className="maille-hover-dimmed">{target.label}</div>}
        <div>{figureWords(summary, text, format)}</div>
        {summary.level > 0 && (
          <div className="maille-hover-dimmed">
            {format.time((window.nowSecond - summary.ageSeconds) * 1_000)}
          </div>
        )}
        <div className="maille-hover-dimmed">{lossWords(summary, text)}</div>
      </div>
    </div>
  );
}
