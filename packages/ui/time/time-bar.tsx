/** The time bar: live, or a window of the past, for the whole page. What plays it is replay-bar.tsx. */
import { ActionIcon, Button, Group, Popover, Select, Stack, TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { Icon, type IconName } from '../icon/icon.tsx';
import { useFormat, useText } from '../language/language.tsx';
import { useLiveLine } from '../live/live.tsx';
import './time-bar.css';
import { useNow, useTime } from './time.tsx';
import {
  MIN_WINDOW_MS,
  shiftWindow,
  spans,
  type TimePosition,
  windowBetween,
  windowOf,
} from './time-position.ts';
import { timeText } from './time-text.ts';

export function Step({
  icon,
  label,
  onClick,
  disabled = false,
}: {
  icon: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick} disabled={disabled}>
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

/** What the line does: a word, a shape and a colour; the age of the data once it is lost. */
function LivePill({ position, onLive }: { position: TimePosition; onLive: () => void }) {
  const text = useText(timeText);
  const format = useFormat();
  const line = useLiveLine();
  const nowMs = useNow();
  const live = position.mode === 'live';
  const state = live ? line.state : 'past';
  const label = state === 'past' ? text('past') : text(state);
  const age = state === 'lost' ? text('dataAge', { age: format.ago(line.sinceMs, nowMs) }) : undefined;
  return (
    <Tooltip label={age ?? (live ? label : text('backToLive'))}>
      <button
        type="button"
        className="maille-live-pill"
        data-state={state}
        onClick={onLive}
        aria-pressed={live}
      >
        <span className="maille-live-dot" />
        {live ? (
          label
        ) : (
          <>
            <span className="maille-wide-only">{text('backToLive')}</span>
            <span className="maille-narrow-only">{text('live')}</span>
          </>
        )}
        {age && <span className="maille-live-age">{age}</span>}
      </button>
    </Tooltip>
  );
}

const localInput = (ms: number) => {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
};

function WindowForm({
  fromMs,
  toMs,
  onShow,
}: {
  fromMs: number;
  toMs: number;
  onShow: (fromMs: number, toMs: number) => void;
}) {
  const text = useText(timeText);
  const [from, setFrom] = useState(() => localInput(fromMs));
  const [to, setTo] = useState(() => localInput(toMs));
  const chosen = { fromMs: new Date(from).getTime(), toMs: new Date(to).getTime() };
  const wrong = !(chosen.toMs - chosen.fromMs >= MIN_WINDOW_MS);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onShow(chosen.fromMs, chosen.toMs);
      }}
    >
      <Stack gap="sm">
        <TextInput
          type="datetime-local"
          step={1}
          label={text('from')}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={text('to')}
          value={to}
          error={wrong && text('wrongWindow')}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Button type="submit" disabled={wrong}>
          {text('show')}
        </Button>
      </Stack>
    </form>
  );
}

/** On a phone the day and the minutes: all of it must stand in one line. */
function WindowWords({ position, fromMs, toMs }: { position: TimePosition; fromMs: number; toMs: number }) {
  const text = useText(timeText);
  const format = useFormat();
  const lengthMs = toMs - fromMs;
  if (position.mode === 'live')
    return <span className="maille-wide-only">{text('last', { span: format.duration(lengthMs) })}</span>;
  const oneDay = lengthMs < 86_400_000;
  const day = (ms: number) => `${format.day(ms)} ${format.clock(ms)}`;
  return (
    <>
      <span className="maille-wide-only">
        {`${format.dateTime(fromMs)} – ${oneDay ? format.time(toMs) : format.dateTime(toMs)}`}
      </span>
      <span className="maille-narrow-only">
        {`${day(fromMs)} – ${oneDay ? format.clock(toMs) : day(toMs)}`}
      </span>
    </>
  );
}

export function TimeBar() {
  const text = useText(timeText);
  const format = useFormat();
  const { position, setPosition } = useTime();
  const [choosing, setChoosing] = useState(false);
  const nowMs = useNow(position.mode === 'live' ? 10_000 : 60_000);
  const { fromMs, toMs } = windowOf(position, nowMs);
  const lengthMs = toMs - fromMs;
  const known: readonly number[] = spans;
  const lengths = known.includes(lengthMs) ? known : [lengthMs, ...known];

  return (
    <Group gap="xs" role="group" aria-label={text('time')} className="maille-time-bar">
      <LivePill position={position} onLive={() => setPosition({ mode: 'live', spanMs: lengthMs })} />
      <Step
        icon="left"
        label={text('earlier')}
        onClick={() => setPosition(shiftWindow(position, -1, nowMs))}
      />
      <Popover opened={choosing} onChange={setChoosing} withArrow trapFocus position="bottom">
        <Popover.Target>
          <Button
            variant="default"
            size="sm"
            leftSection={<Icon name="calendar" />}
            className="maille-window-button"
            aria-label={
              position.mode === 'live' ? text('last', { span: format.duration(lengthMs) }) : undefined
            }
            title={text('choose')}
            onClick={() => setChoosing(!choosing)}
          >
            <WindowWords position={position} fromMs={fromMs} toMs={toMs} />
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <WindowForm
            key={String(choosing)}
            fromMs={fromMs}
            toMs={toMs}
            onShow={(from, to) => {
              setChoosing(false);
              setPosition(windowBetween(from, to, Date.now()));
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <Step
        icon="right"
        label={text('later')}
        onClick={() => setPosition(shiftWindow(position, 1, nowMs))}
        disabled={position.mode === 'live'}
      />
      {position.mode === 'live' && (
        <Select
          aria-label={text('span')}
          w={92}
          allowDeselect={false}
          data={lengths.map((ms) => ({ value: String(ms), label: format.duration(ms) }))}
          value={String(lengthMs)}
          onChange={(value) => setPosition({ mode: 'live', spanMs: Number(value) })}
        />
      )}
    </Group>
  );
}
