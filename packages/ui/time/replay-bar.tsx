/**
 * What plays the past: run, stop, steps of a second and a minute, from incident to incident, and how fast.
 * One bar for every page, as every page obeys the one time. Its marks are incidents; a double click on one
 * moves every view there.
 */
import { Group, NativeSelect, Slider } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useFormat, useText } from '../language/language.tsx';
import './replay-bar.css';
import { useNow, useStandAt, useTime } from './time.tsx';
import { Step } from './time-bar.tsx';
import {
  momentOf,
  nextMoment,
  playReplay,
  replaySpeeds,
  stepReplay,
  type TimePosition,
  windowOf,
} from './time-position.ts';
import { timeText } from './time-text.ts';
import { useReplayKeys } from './use-replay-keys.ts';

export interface ReplayMark {
  id: number;
  fromMs: number;
  /** Null: it has not ended. */
  toMs: number | null;
  severity: 'severe' | 'notable';
  words: string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export function ReplayBar({ marks }: { marks: readonly ReplayMark[] }) {
  const text = useText(timeText);
  const format = useFormat();
  const { position, setPosition, waiting } = useTime();
  const nowMs = useNow();
  const standAt = useStandAt();
  const [dragged, setDragged] = useState<number>();
  const { fromMs, toMs } = windowOf(position, nowMs);
  const atMs = momentOf(position, nowMs);
  const playing = position.mode === 'replay' && position.playing;
  useEffect(() => {
    if (playing) setDragged(undefined);
  }, [playing]);

  const moments = marks.map((mark) => mark.fromMs);
  const actions = {
    toggle: () =>
      setPosition(
        position.mode === 'replay' && position.playing
          ? { ...position, playing: false }
          : playReplay(position, nowMs),
      ),
    step: (byMs: number) => setPosition(stepReplay(position, byMs, nowMs)),
    incident(direction: -1 | 1) {
      const found = nextMoment(moments, atMs, direction);
      if (found !== undefined) standAt(found);
    },
  };
  useReplayKeys(position.mode, actions);

  const playLabel =
    position.mode === 'live'
      ? text('replayLast', { span: format.duration(position.spanMs) })
      : text(position.mode === 'window' ? 'replay' : playing ? 'pause' : 'play');
  const shownMs = dragged ?? atMs;
  const step = (icon: Parameters<typeof Step>[0]['icon'], label: string, byMs: number) => (
    <Step
      icon={icon}
      label={label}
      onClick={() => actions.step(byMs)}
      disabled={byMs < 0 ? atMs <= fromMs : position.mode === 'live' || atMs >= toMs}
    />
  );
  return (
    <section aria-label={text('replayBar')} className="maille-replay">
      <Group gap={2} wrap="nowrap" className="maille-replay-buttons">
        <Step
          icon="incidentBack"
          label={text('incidentBack')}
          onClick={() => actions.incident(-1)}
          disabled={nextMoment(moments, atMs, -1) === undefined}
        />
        {step('minuteBack', text('minuteBack'), -MINUTE_MS)}
        {step('left', text('secondBack'), -SECOND_MS)}
        <Step icon={playing ? 'pause' : 'play'} label={playLabel} onClick={actions.toggle} />
        {step('right', text('secondOn'), SECOND_MS)}
        {step('minuteOn', text('minuteOn'), MINUTE_MS)}
        <Step
          icon="incidentOn"
          label={text('incidentOn')}
          onClick={() => actions.incident(1)}
          disabled={nextMoment(moments, atMs, 1) === undefined}
        />
      </Group>
      <div className="maille-replay-line">
        <div className="maille-replay-marks">
          <Marks marks={marks} fromMs={fromMs} toMs={toMs} nowMs={nowMs} onStand={standAt} />
        </div>
        <Slider
          thumbLabel={text('position')}
          size="sm"
          min={fromMs}
          max={toMs}
          step={SECOND_MS}
          value={shownMs}
          label={(value) => format.time(value)}
          onChange={setDragged}
          onChangeEnd={(ms) => {
            setDragged(undefined);
            standAt(ms);
          }}
        />
      </div>
      <output className="maille-replay-time" aria-live="off">
        {position.mode !== 'live' && <span className="maille-replay-day">{format.day(shownMs)} </span>}
        {format.time(shownMs)}
        {waiting && playing && <span> · {text('waiting')}</span>}
      </output>
      <SpeedChoice position={position} onChange={setPosition} nowMs={nowMs} />
      {position.mode === 'replay' && (
        <Step
          icon="cross"
          label={text('stopReplay')}
          onClick={() => setPosition({ mode: 'window', fromMs, toMs })}
        />
      )}
    </section>
  );
}

function SpeedChoice({
  position,
  onChange,
  nowMs,
}: {
  position: TimePosition;
  onChange: (position: TimePosition) => void;
  nowMs: number;
}) {
  const text = useText(timeText);
  const speed = position.mode === 'replay' ? position.speed : undefined;
  const known: readonly number[] = replaySpeeds;
  const speeds = speed === undefined || known.includes(speed) ? known : [speed, ...known];
  return (
    <NativeSelect
      aria-label={text('speed')}
      className="maille-replay-speed"
      value={String(speed ?? 10)}
      data={speeds.map((value) => ({ value: String(value), label: `${value}×` }))}
      onChange={(event) => {
        const next = Number(event.currentTarget.value);
        onChange({ ...(position.mode === 'replay' ? position : playReplay(position, nowMs)), speed: next });
      }}
    />
  );
}

interface MarksProps {
  marks: readonly ReplayMark[];
  fromMs: number;
  toMs: number;
  nowMs: number;
  onStand: (atMs: number) => void;
}

/** For the eye and the mouse; by keyboard it is [ and ]. */
function Marks({ marks, fromMs, toMs, nowMs, onStand }: MarksProps) {
  const text = useText(timeText);
  const percent = (ms: number) => (100 * (Math.min(toMs, Math.max(fromMs, ms)) - fromMs)) / (toMs - fromMs);
  return marks
    .filter((mark) => mark.fromMs <= toMs && (mark.toMs ?? nowMs) >= fromMs)
    .map((mark) => {
      const left = percent(mark.fromMs);
      return (
        <button
          type="button"
          tabIndex={-1}
          key={mark.id}
          className="maille-replay-mark"
          data-severity={mark.severity}
          aria-label={mark.words}
          title={text('markHint', { words: mark.words })}
          style={{ left: `${left}%`, width: `${percent(mark.toMs ?? nowMs) - left}%` }}
          onDoubleClick={() => onStand(mark.fromMs)}
        />
      );
    });
}
