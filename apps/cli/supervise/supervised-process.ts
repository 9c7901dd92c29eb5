/**
 * One program kept running: started again when it dies, after a pause that grows while it keeps dying
 * and shrinks back once it has lived. It has a process group of its own, so that Ctrl-C reaches only the
 * supervisor, which then stops its programs in order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Cancel, Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import { nodeStart } from '@maille/host/start/node-start';
import { createLineSplitter } from './split-lines.ts';

export interface SupervisedProcessOptions {
  /** A TypeScript program, run by the Node that runs us. */
  program: string;
  environment: Record<string, string | undefined>;
  clock: Clock;
  /** One JSON line of standard output tells that it works. */
  onReady(line: Record<string, unknown>): void;
  /** Each line of its log (standard error), and of standard output that is not the ready line. */
  onLog(line: string): void;
  /** It ended without being asked to. `restartMs` is when it starts again. */
  onDied(death: { how: string; restartMs: number }): void;
}

export interface SupervisedProcess extends Part {
  /** Ends it now, without asking. */
  kill(): void;
  readonly pid: number | undefined;
}

/** A program that exits with this code wants to be started again at once (a restore). */
const EXIT_RESTART = 75;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Who lived this long starts with a short pause again. */
const LIVED_MS = 60_000;
const STOP_PATIENCE_MS = 10_000;

export function superviseProcess(options: SupervisedProcessOptions): SupervisedProcess {
  const { clock } = options;
  const { flags, environment } = nodeStart(options.program);
  let child: ChildProcess | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let cancelRestart: Cancel | undefined;
  let stopping: Promise<void> | undefined;

  const start = () => {
    const startedMs = clock.monoMs();
    let wasReady = false;
    const started = spawn(
      process.execPath,
      [...flags, '--import', join(import.meta.dirname, 'end-with-parent.ts'), options.program],
      {
        env: { ...environment, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        detached: true,
      },
    );
    child = started;
    started.stdout?.on(
      'data',
      createLineSplitter((line) => {
        const ready = wasReady ? undefined : readyLine(line);
        if (!ready) return options.onLog(line);
        wasReady = true;
        options.onReady(ready);
      }),
    );
    started.stderr?.on('data', createLineSplitter(options.onLog));
    started.on('error', (error) => options.onLog(`cannot be started: ${error.message}`));
    started.on('close', (code, signal) => {
      child = undefined;
      if (stopping) return;
      if (clock.monoMs() - startedMs >= LIVED_MS) pauseMs = FIRST_PAUSE_MS;
      const restartMs = code === EXIT_RESTART ? 0 : pauseMs;
      if (code !== EXIT_RESTART) pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      options.onDied({ how: signal ? `killed by ${signal}` : `exit code ${code}`, restartMs });
      if (!stopping) cancelRestart = clock.after(restartMs, start);
    });
  };
  start();

  return {
    get pid() {
      return child?.pid;
    },
    kill() {
      child?.kill('SIGKILL');
    },
    stop() {
      stopping ??= new Promise((resolve) => {
        cancelRestart?.();
        const ending = child;
        if (!ending || ending.exitCode !== null) return resolve();
        const cancelKill = clock.after(STOP_PATIENCE_MS, () => ending.kill('SIGKILL'));
        ending.on('close', () => {
          cancelKill();
          resolve();
        });
        ending.kill('SIGTERM');
      });
      return stopping;
    },
  };
}

function readyLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'ready' in value && value.ready === true) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Not JSON: a line for the log.
  }
  return undefined;
}
