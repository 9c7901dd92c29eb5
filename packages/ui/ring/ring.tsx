/** One target's last minute as a ring, with its hand sweeping while time runs. */
import { useMediaQuery } from '@mantine/hooks';
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Coloring } from '../grid/cell-colors.ts';
import { useFormat, useText } from '../language/language.tsx';
import { isAnswered, isLost, LEVEL_NOT_SENT, LEVEL_REFUSED } from '../samples/sample-level.ts';
import { WINDOW_SECONDS } from '../samples/sample-plane.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { emptySummary, type TargetSummary } from '../samples/sample-window.ts';
import { sendErrorText, sendErrorWords } from '../samples/send-error-words.ts';
import { usePalette } from '../theme/maille-theme.tsx';
import { createRingInk, drawRing } from './draw-ring.ts';
import './ring.css';
import { tickAt } from './ring-geometry.ts';
import { ringText } from './ring-text.ts';

export interface RingProps {
  source: SampleSource;
  targetId: number;
  /** What it is called, for those who cannot see it. */
  name: string;
  /** Undefined: the worst of all agents. */
  agent?: number | undefined;
  size: number;
  /** What the ticks' colour tells; unless told, the distance from what is usual. */
  coloring?: Coloring;
  /** Figures in the middle; from 96 px on. */
  withFigures?: boolean;
}

const SWEEP_PERIOD_MS = 1_000 / 30;

export function Ring({
  source,
  targetId,
  name,
  agent,
  size,
  coloring = 'usual',
  withFigures = size >= 96,
}: RingProps) {
  const text = useText(ringText);
  const errorText = useText(sendErrorText);
  const format = useFormat();
  const palette = usePalette();
  const ink = useMemo(() => createRingInk(palette), [palette]);
  const still = useMediaQuery('(prefers-reduced-motion: reduce)') ?? false;
  const canvas = useRef<HTMLCanvasElement>(null);
  const marked = useRef<number | undefined>(undefined);
  const [summary, setSummary] = useState<TargetSummary>();
  const [tip, setTip] = useState<{ second: number; x: number; y: number }>();

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = element.height = Math.round(size * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const minute = new Uint8Array(WINDOW_SECONDS);
    const steps = new Uint8Array(WINDOW_SECONDS);
    const index = source.window.indexOf(targetId);
    let frame = 0;
    let drawnAtMs = 0;
    const draw = (atMs: number) => {
      frame = 0;
      const sweeping = source.running() && !still && size >= 64;
      if (!sweeping || atMs - drawnAtMs >= SWEEP_PERIOD_MS - 2) {
        drawnAtMs = atMs;
        source.window.minute(index, minute, agent);
        if (coloring === 'usual') source.window.deviations(index, steps, agent);
        const nowMs = source.nowMs();
        drawRing(
          context,
          size,
          {
            minute,
            steps,
            nowSecond: source.window.nowSecond,
            handAt: !source.running() ? undefined : sweeping ? nowMs / 1_000 : Math.floor(nowMs / 1_000) + 1,
            marked: marked.current,
          },
          ink,
        );
      }
      if (sweeping && !document.hidden) frame = requestAnimationFrame(draw);
    };
    const update = () => {
      const next = emptySummary();
      source.window.summarize(index, next, agent);
      setSummary(next);
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    update();
    const end = source.subscribe(update);
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [source, targetId, agent, size, coloring, ink, still]);

  const label =
    !summary || summary.level === 0
      ? text('noData', { name })
      : summary.level === LEVEL_NOT_SENT
        ? text('notSentBecause', { name, reason: sendErrorWords(summary.errno, errorText) })
        : isLost(summary.level)
          ? text(summary.level === LEVEL_REFUSED ? 'refusing' : 'silent', {
              name,
              count: summary.lost,
              sent: summary.sent,
            })
          : text('summary', {
              name,
              rtt: format.rtt(summary.rttNs),
              count: summary.lost,
              sent: summary.sent,
            });

  function point(event: PointerEvent<HTMLDivElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const second = tickAt(x - size / 2, y - size / 2, size / 2);
    marked.current = second;
    setTip(second === undefined ? undefined : { second, x, y });
  }

  const ageOf = (second: number) => (source.window.nowSecond - second + 6_000) % WINDOW_SECONDS;
  const tipText = () => {
    if (!tip) return '';
    const age = ageOf(tip.second);
    const index = source.window.indexOf(targetId);
    const level = source.window.levelAt(index, age, agent);
    const at = format.time((source.window.nowSecond - age) * source.tickMs);
    const value = isLost(level)
      ? '✕'
      : isAnswered(level)
        ? format.rtt(source.window.rttAt(index, age, agent))
        : level === LEVEL_NOT_SENT
          ? text('notSent')
          : '—';
    return `${at}  ${value}`;
  };

  return (
    <div
      className="maille-ring"
      style={{ width: size, height: size }}
      role="img"
      aria-label={label}
      onPointerMove={size >= 64 ? point : undefined}
      onPointerLeave={() => {
        marked.current = undefined;
        setTip(undefined);
      }}
    >
      <canvas ref={canvas} style={{ width: size, height: size }} />
      {withFigures && summary && (
        <div className="maille-ring-figures" style={{ fontSize: Math.max(11, size * 0.085) }}>
          <strong
            data-lost={isLost(summary.level)}
            {...(summary.level === LEVEL_NOT_SENT && { 'data-words': true })}
          >
            {isLost(summary.level)
              ? '✕'
              : isAnswered(summary.level)
                ? format.rtt(summary.rttNs)
                : summary.level === LEVEL_NOT_SENT
                  ? text('notSent')
                  : '—'}
          </strong>
          {summary.sent > 0 && (
            <span data-lost={summary.lost > 0}>{format.percent(summary.lost / summary.sent)}</span>
          )}
        </div>
      )}
      {tip && (
        <div className="maille-ring-tip" style={{ left: tip.x, top: tip.y }}>
          {tipText()}
        </div>
      )}
    </div>
  );
}
