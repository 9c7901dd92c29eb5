/**
 * All against all: rows see columns. Names stay in sight however far it is scrolled. One cell can be
 * reached by Tab, the others from it by the arrow keys; what is pointed at or stood on is said in full in
 * one line that is always there, so nothing moves.
 */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { MeshMember } from '@maille/wire/rest/mesh';
import { type CSSProperties, type KeyboardEvent, memo, useCallback, useRef, useState } from 'react';
import classes from './mesh.module.css';
import { meshText } from './mesh-text.ts';
import { type PairFigures, type Severity, STALE_SECONDS } from './pair-figures.ts';
import { usePairWords } from './use-pair-words.ts';

/** Beside the colour. */
export const marks: Record<Severity, string> = { none: '·', calm: '', notable: '△', severe: '▲', lost: '✕' };

export interface MeshMatrixProps {
  members: readonly MeshMember[];
  /** By rows, without the diagonal. */
  pairs: readonly PairFigures[];
  onOpen(pair: PairFigures): void;
}

export function MeshMatrix({ members, pairs, onOpen }: MeshMatrixProps) {
  const text = useText(meshText);
  const format = useFormat();
  const words = usePairWords();
  const [at, setAt] = useState({ row: 0, column: 1 });
  const [pointed, setPointed] = useState<{ row: number; column: number }>();
  const table = useRef<HTMLTableElement>(null);
  const last = members.length - 1;
  const pairAt = ({ row, column }: { row: number; column: number }) =>
    row === column ? undefined : pairs[row * last + (column > row ? column - 1 : column)];
  const shown = pairAt(pointed ?? at);
  const said = shown && words(shown);

  const opens = useRef((_place: { row: number; column: number }) => {});
  opens.current = (place) => {
    const pair = pairAt(place);
    if (pair) onOpen(pair);
  };
  const open = useCallback((place: { row: number; column: number }) => opens.current(place), []);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const bound = (value: number) => Math.min(last, Math.max(0, value));
    const next = { row: bound(at.row + (step[0] as number)), column: bound(at.column + (step[1] as number)) };
    setAt(next);
    setPointed(undefined);
    table.current
      ?.querySelector<HTMLElement>(`[data-row="${next.row}"][data-column="${next.column}"]`)
      ?.focus();
  };

  return (
    <>
      <p className={classes.said} role="status">
        {said ? `${said.name}: ${said.figures}` : text('itself')}
      </p>
      <div className={classes.scroll}>
        <table
          ref={table}
          className={classes.matrix}
          style={{ '--columns': members.length } as CSSProperties}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells are walked by keys
          role="grid"
          aria-label={text('table')}
          onKeyDown={onKeyDown}
          onMouseLeave={() => setPointed(undefined)}
        >
          <thead>
            <tr>
              <th className={classes.corner} scope="col">
                {text('from')} ↓ {text('to')} →
              </th>
              {members.map((member) => (
                <th key={member.agentNumber} scope="col" className={classes.columnHead}>
                  <span title={member.address ?? text('noAddress')}>{member.name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map((member, row) => (
              <tr key={member.agentNumber}>
                <th scope="row" className={classes.rowHead} data-off={!member.connected || undefined}>
                  <span title={member.connected ? member.name : `${member.name}: ${text('disconnected')}`}>
                    {member.name}
                  </span>
                </th>
                {members.map((to, column) => {
                  const pair = pairAt({ row, column });
                  return (
                    <Cell
                      key={to.agentNumber}
                      row={row}
                      column={column}
                      reachable={at.row === row && at.column === column}
                      severity={pair?.severity}
                      learning={pair !== undefined && pair.usual === undefined}
                      stale={(pair?.ageSeconds ?? 0) > STALE_SECONDS}
                      rtt={pair && pair.medianNs > 0 ? format.rttShort(pair.medianNs) : ''}
                      loss={pair && pair.lost > 0 ? format.percent(pair.lost / pair.sent) : ''}
                      label={pair ? `${member.name} → ${to.name}` : text('itself')}
                      state={pair ? text(pair.severity) : ''}
                      onPoint={setPointed}
                      onStand={setAt}
                      onOpen={open}
                    />
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface CellProps {
  row: number;
  column: number;
  reachable: boolean;
  /** Undefined on the diagonal. */
  severity: Severity | undefined;
  /** What is usual for the pair is not known yet. */
  learning: boolean;
  stale: boolean;
  rtt: string;
  loss: string;
  label: string;
  state: string;
  onPoint(place: { row: number; column: number }): void;
  onStand(place: { row: number; column: number }): void;
  onOpen(place: { row: number; column: number }): void;
}

/** 2,500 of them: one is drawn anew only when its figures are others. */
const Cell = memo(
  function Cell(props: CellProps) {
    const { row, column, severity, rtt, loss, label, state } = props;
    const place = { 'data-row': row, 'data-column': column };
    if (severity === undefined)
      return (
        <td
          className={classes.diagonal}
          tabIndex={props.reachable ? 0 : -1}
          aria-label={label}
          onFocus={() => props.onStand({ row, column })}
          {...place}
        />
      );
    return (
      <td
        className={classes.cell}
        data-severity={severity}
        data-learning={props.learning || undefined}
        data-stale={props.stale || undefined}
        tabIndex={props.reachable ? 0 : -1}
        aria-label={`${label}: ${state}, ${rtt} ${loss}`}
        onMouseEnter={() => props.onPoint({ row, column })}
        onFocus={() => props.onStand({ row, column })}
        onClick={() => props.onOpen({ row, column })}
        onKeyDown={(event) => event.key === 'Enter' && props.onOpen({ row, column })}
        {...place}
      >
        <span data-mark={marks[severity]}>{rtt}</span> <small>{loss}</small>
      </td>
    );
  },
  (before, after) =>
    before.reachable === after.reachable &&
    before.severity === after.severity &&
    before.learning === after.learning &&
    before.stale === after.stale &&
    before.rtt === after.rtt &&
    before.loss === after.loss &&
    before.label === after.label &&
    before.state === after.state &&
    before.row === after.row &&
    before.column === after.column,
);
