/** A sample window with somebody who fills it and others who look: the grid, rings, the table. */
import type { BaselineColumns } from './deviation.ts';
import { createSampleWindow, type SampleWindow } from './sample-window.ts';

export interface SampleSource {
  readonly window: SampleWindow;
  /** What a tick of the window stands for: a second, or (in a fast replay) a minute. */
  readonly tickMs: number;
  /** The moment shown: now by the server's clock, or a moment of the past. */
  nowMs(): number;
  /** Whether time runs: rings sweep, cells grow old. */
  running(): boolean;
  subscribe(listener: () => void): () => void;
  /** What is usual from now on, and those who look are told. */
  setBaselines(columns: BaselineColumns | undefined): void;
}

export interface FilledSampleSource extends SampleSource {
  /** Tells those who look; called by whoever filled the window. */
  changed(): void;
}

export function createSampleSource(
  nowMs: () => number,
  running: () => boolean,
  tickMs = 1_000,
): FilledSampleSource {
  const listeners = new Set<() => void>();
  const window = createSampleWindow();
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    window,
    tickMs,
    nowMs,
    running,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setBaselines(columns) {
      window.setBaselines(columns);
      changed();
    },
    changed,
  };
}
