/**
 * Ctrl-C asks, a second Ctrl-C insists. Between a terminal and this process stand npm and a shell that
 * pass the same Ctrl-C on once more, so signals that come within a moment count as one.
 */
import type { Clock } from '@maille/base/clock';

const SAME_MOMENT_MS = 300;

export interface StopSignals {
  /** Resolves at the first signal. */
  asked: Promise<NodeJS.Signals>;
  /** Resolves at a later one. */
  insisted: Promise<void>;
}

/** Takes `process` as the thing that signals come from. */
export function listenToStopSignals(
  clock: Clock,
  source: { on(name: string, fn: (name: NodeJS.Signals) => void): unknown },
): StopSignals {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  const insisted = Promise.withResolvers<void>();
  let firstMs: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    source.on(name, (signal) => {
      const nowMs = clock.monoMs();
      firstMs ??= nowMs;
      asked.resolve(signal);
      if (nowMs - firstMs > SAME_MOMENT_MS) insisted.resolve();
    });
  }
  return { asked: asked.promise, insisted: insisted.promise };
}
