/** The figures that say whether it lives, each with its unit; nothing to say is a dash, never a zero. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Overview } from '@maille/wire/rest/operations';
import { Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { StateMark } from '../../parts/state-mark.tsx';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';

export function Pulse({ overview }: { overview: Overview }) {
  const text = useText(overviewText);
  const format = useFormat();
  const { machines, peers, targets } = overview;
  return (
    <section aria-labelledby="pulse">
      <Title order={2} id="pulse" mb="sm">
        {text('pulse')}
      </Title>
      <div className={classes.pulse}>
        <Figure
          to="/watch"
          value={format.number(targets.answering)}
          unit={text('answering')}
          of={text('ofTargets', { count: targets.total })}
        >
          {targets.silent > 0 && (
            <StateMark tone="severe" label={`${format.number(targets.silent)} ${text('silent')}`} />
          )}
          {targets.refusing > 0 && (
            <StateMark tone="severe" label={`${format.number(targets.refusing)} ${text('refusing')}`} />
          )}
          {targets.notSent > 0 && (
            <StateMark tone="notable" label={`${format.number(targets.notSent)} ${text('notSent')}`} />
          )}
          {targets.noData > 0 && (
            <StateMark tone="off" label={`${format.number(targets.noData)} ${text('noData')}`} />
          )}
        </Figure>
        <Figure
          to="/machines"
          value={format.number(machines.connected)}
          unit={text('connected')}
          of={text('ofMachines', { count: machines.approved })}
        >
          {machines.pending > 0 && (
            <StateMark tone="notable" label={`${format.number(machines.pending)} ${text('waiting')}`} />
          )}
        </Figure>
        <Figure
          to="/machines"
          value={format.number(peers.alive)}
          unit={text('peersAlive')}
          of={text('peersOther', { suspect: peers.suspect, down: peers.down, left: peers.left })}
        />
        <Figure to="/watch" value={format.rtt(overview.medianRttNs)} unit={text('rtt')}>
          <StateMark
            tone={overview.lossRatio === null ? 'off' : overview.lossRatio > 0 ? 'loss' : 'calm'}
            label={`${overview.lossRatio === null ? '—' : format.percent(overview.lossRatio)} ${text('loss')}`}
          />
        </Figure>
        <Figure
          to="/watch"
          value={format.number(overview.samplesPerSecond, overview.samplesPerSecond < 10 ? 1 : 0)}
          unit={text('samples')}
        />
      </div>
    </section>
  );
}

interface FigureProps {
  to: '/watch' | '/machines';
  value: string;
  unit: string;
  of?: string;
  children?: ReactNode;
}

function Figure({ to, value, unit, of, children }: FigureProps) {
  return (
    <Link to={to} className={classes.figure}>
      <span className={classes.value}>{value}</span>
      <span>{unit}</span>
      {of && <span className={classes.of}>{of}</span>}
      {children && <span className={classes.marks}>{children}</span>}
    </Link>
  );
}
