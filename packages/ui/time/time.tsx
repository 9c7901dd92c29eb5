/** The one time, for every part of a page. The shell keeps its text in the URL (search parameter `t`). */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useLiveLine } from '../live/live.tsx';
import {
  advanceReplay,
  defaultTime,
  formatTimePosition,
  parseTimePosition,
  standAt,
  type TimePosition,
} from './time-position.ts';

export interface TimeControl {
  position: TimePosition;
  setPosition(position: TimePosition): void;
  /** A running replay stands still until the result is called: what it would show is not there yet. */
  hold(): () => void;
  /** It is held. */
  waiting: boolean;
}

const TimeContext = createContext<TimeControl>({
  position: defaultTime,
  setPosition: () => {},
  hold: () => () => {},
  waiting: false,
});

const REPLAY_STEP_MS = 250;
/** A running replay writes its place into the URL this often: reloading goes on from there. */
const REPLAY_WRITE_MS = 5_000;

export interface TimeProviderProps {
  /** The search parameter as it stands in the URL. */
  value: string | undefined;
  /** `replace`: do not make a step in the browser's history of it. */
  onChange(text: string, replace: boolean): void;
  children: ReactNode;
}

export function TimeProvider({ value, onChange, children }: TimeProviderProps) {
  const [position, setLocal] = useState(() => parseTimePosition(value));
  const written = useRef(value);
  const change = useRef(onChange);
  change.current = onChange;

  useEffect(() => {
    // The URL moved without us: a link, the back button.
    if (value === written.current) return;
    written.current = value;
    setLocal(parseTimePosition(value));
  }, [value]);

  const write = useCallback((next: TimePosition, replace: boolean) => {
    const text = formatTimePosition(next);
    if (text === written.current) return;
    written.current = text;
    change.current(text, replace);
  }, []);

  const setPosition = useCallback(
    (next: TimePosition) => {
      setLocal(next);
      write(next, next.mode === 'replay');
    },
    [write],
  );

  const holds = useRef(0);
  const [waiting, setWaiting] = useState(false);
  const hold = useCallback(() => {
    holds.current++;
    setWaiting(true);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      holds.current--;
      setWaiting(holds.current > 0);
    };
  }, []);

  const playing = position.mode === 'replay' && position.playing;
  const current = useRef(position);
  current.current = position;
  useEffect(() => {
    if (!playing) return;
    let lastMs = performance.now();
    let writtenMs = lastMs;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const before = current.current;
      if (before.mode !== 'replay') return;
      const elapsedMs = nowMs - lastMs;
      lastMs = nowMs;
      // It waits rather than run past what nobody saw.
      if (holds.current > 0) return;
      const next = advanceReplay(before, elapsedMs);
      setLocal(next);
      if (nowMs - writtenMs > REPLAY_WRITE_MS || !next.playing) {
        writtenMs = nowMs;
        write(next, true);
      }
    }, REPLAY_STEP_MS);
    return () => clearInterval(timer);
  }, [playing, write]);

  const control = useMemo(
    () => ({ position, setPosition, hold, waiting }),
    [position, setPosition, hold, waiting],
  );
  return <TimeContext value={control}>{children}</TimeContext>;
}

export function useTime(): TimeControl {
  return useContext(TimeContext);
}

/** Holds a running replay while something that it shows is being fetched. */
export function useReplayHold(busy: boolean): void {
  const { hold } = useTime();
  useEffect(() => (busy ? hold() : undefined), [busy, hold]);
}

/** Moves every view to a moment: what a double click on a change does. */
export function useStandAt(): (atMs: number) => void {
  const { position, setPosition } = useTime();
  const { serverOffsetMs } = useLiveLine();
  return useCallback(
    (atMs) => setPosition(standAt(position, atMs, Date.now() + serverOffsetMs)),
    [position, setPosition, serverOffsetMs],
  );
}

/** Now by the server's clock, renewed every `periodMs`. */
export function useNow(periodMs = 1_000): number {
  const { serverOffsetMs } = useLiveLine();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return now + serverOffsetMs;
}
