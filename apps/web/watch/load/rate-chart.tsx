/**
 * What the steps showed: RTT (median, p95, p99, on a log scale) above, loss below, both against the rate.
 * Steps lie side by side at even distance, whatever their rates: each was tried as long as the others.
 */
import { logRange, logSplits } from '@maille/ui/charts/log-splits';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { ExperimentStep } from '@maille/wire/experiment';
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import classes from './load.module.css';
import { loadText } from './load-text.ts';

const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 16;
const TOP = 24;
const RTT_BOTTOM = 196;
const LOSS_TOP = 224;
const LOSS_BOTTOM = 280;

const quantiles = [
  { key: 'p50Ns', name: 'p50' },
  { key: 'p95Ns', name: 'p95' },
  { key: 'p99Ns', name: 'p99' },
] as const;

export function RateChart({
  steps,
  rates,
  maxLossPercent,
}: {
  steps: readonly ExperimentStep[];
  /** Of all steps that are planned, so that the drawing keeps its place while it fills. */
  rates: readonly number[];
  maxLossPercent: number;
}) {
  const text = useText(loadText);
  const format = useFormat();
  const { ref, width } = useElementSize();
  const [pointed, setPointed] = useState<number>();
  const inner = Math.max(0, width - LEFT - RIGHT);
  const xOf = (step: number) => LEFT + (inner * (step + 0.5)) / rates.length;
  const values = steps.flatMap((step) => quantiles.map(({ key }) => step[key]).filter((ns) => ns !== null));
  const [low, high] = logRange(
    values.length > 0 ? Math.min(...values) : null,
    values.length > 0 ? Math.max(...values) : null,
  );
  const rttY = (ns: number) => RTT_BOTTOM - ((RTT_BOTTOM - TOP) * Math.log(ns / low)) / Math.log(high / low);
  const lossOf = ({ sent, lost }: ExperimentStep) => (sent === 0 ? 0 : (100 * lost) / sent);
  const mostLoss = Math.min(100, Math.max(5, maxLossPercent * 1.5, ...steps.map(lossOf)));
  const lossY = (percent: number) => LOSS_BOTTOM - ((LOSS_BOTTOM - LOSS_TOP) * percent) / mostLoss;
  const every = Math.max(1, Math.ceil((rates.length * 52) / Math.max(1, inner)));

  const shown = pointed === undefined ? steps.at(-1) : steps.find(({ step }) => step === pointed);
  const words = (step: ExperimentStep) =>
    step.replies === 0
      ? text('pointNone', { rate: format.number(step.rate, 1), sent: step.sent })
      : text('point', {
          rate: format.number(step.rate, 1),
          median: format.rtt(step.p50Ns),
          p95: format.rtt(step.p95Ns),
          p99: format.rtt(step.p99Ns),
          loss: `${format.number(step.lost)} (${format.percent(lossOf(step) / 100)})`,
          sent: step.sent,
        });
  return (
    <figure className={classes.chart}>
      <figcaption className={classes.caption}>
        <span className={classes.keys}>
          {quantiles.map(({ name }) => (
            <span key={name} className={classes.key} data-line={name}>
              <svg width="22" height="8" aria-hidden="true">
                <line x1="0" x2="22" y1="4" y2="4" />
              </svg>
              {name}
            </span>
          ))}
        </span>
        <span role="status">{shown ? words(shown) : text('waiting')}</span>
      </figcaption>
      <div ref={ref}>
        <svg width="100%" height={HEIGHT} role="img" aria-label={text('chart')}>
          {logSplits(low, high, 5).map((ns) => (
            <g key={ns} className={classes.axis}>
              <line x1={LEFT} x2={LEFT + inner} y1={rttY(ns)} y2={rttY(ns)} />
              <text x={LEFT - 8} y={rttY(ns) + 4} textAnchor="end">
                {format.rtt(ns)}
              </text>
            </g>
          ))}
          {[0, mostLoss].map((percent) => (
            <g key={percent} className={classes.axis}>
              <line x1={LEFT} x2={LEFT + inner} y1={lossY(percent)} y2={lossY(percent)} />
              <text x={LEFT - 8} y={lossY(percent) + 4} textAnchor="end">
                {percent === 0 ? '0 %' : format.percent(percent / 100)}
              </text>
            </g>
          ))}
          <text x={LEFT} y={TOP} className={classes.name}>
            {text('rtt')}
          </text>
          <text x={LEFT} y={LOSS_TOP - 8} className={classes.name}>
            {text('lossShare')}
          </text>
          {maxLossPercent < mostLoss && (
            <g className={classes.limit}>
              <line x1={LEFT} x2={LEFT + inner} y1={lossY(maxLossPercent)} y2={lossY(maxLossPercent)} />
              <text x={LEFT + inner} y={lossY(maxLossPercent) - 4} textAnchor="end">
                {text('limit')} {format.percent(maxLossPercent / 100)}
              </text>
            </g>
          )}
          {rates.map((rate, step) =>
            step % every === 0 ? (
              <text
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
                key={step}
                x={xOf(step)}
                y={LOSS_BOTTOM + 18}
                textAnchor="middle"
                className={classes.tick}
              >
                {format.number(rate, rate < 10 ? 1 : 0)}
              </text>
            ) : null,
          )}
          <text x={LEFT + inner / 2} y={HEIGHT - 4} textAnchor="middle" className={classes.name}>
            {text('rateAxis')}
          </text>
          {quantiles.map(({ key, name }) => {
            const points = steps.filter((step) => step[key] !== null);
            return (
              <g key={key} className={classes.line} data-line={name}>
                <polyline
                  points={points.map((step) => `${xOf(step.step)},${rttY(step[key] as number)}`).join(' ')}
                />
                {points.map((step) => (
                  <circle key={step.step} cx={xOf(step.step)} cy={rttY(step[key] as number)} r="3" />
                ))}
              </g>
            );
          })}
          {steps.map((step) => (
            <rect
              key={step.step}
              className={classes.loss}
              x={xOf(step.step) - Math.min(14, inner / rates.length / 3)}
              width={2 * Math.min(14, inner / rates.length / 3)}
              y={lossY(lossOf(step))}
              height={LOSS_BOTTOM - lossY(lossOf(step))}
            />
          ))}
          {pointed !== undefined && (
            <line className={classes.cross} x1={xOf(pointed)} x2={xOf(pointed)} y1={TOP} y2={LOSS_BOTTOM} />
          )}
          {steps.map((step) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: pointing only adds what the table below says too
            <rect
              key={step.step}
              x={xOf(step.step) - inner / rates.length / 2}
              width={inner / rates.length}
              y={TOP}
              height={LOSS_BOTTOM - TOP}
              fill="transparent"
              onMouseEnter={() => setPointed(step.step)}
              onMouseLeave={() => setPointed(undefined)}
            />
          ))}
        </svg>
      </div>
    </figure>
  );
}
