/** One of Maille's programs as a process of its own, started again whenever it dies, as a supervisor would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { nodeStart } from '@maille/host/start/node-start';

export interface RealProgramOptions {
  /** The TypeScript file. */
  file: string;
  environment: Record<string, string>;
  arguments?: readonly string[];
  /** A command in front that becomes the program, like `ip netns exec NAME`. */
  through?: readonly string[];
  /** Where its standard error is appended. */
  logFile: string;
  restartMs?: number;
}

export interface Death {
  atMs: number;
  /** When its next life was ready; undefined while it is not. */
  backAtMs?: number;
}

export interface RealProgram {
  readonly pid: number | undefined;
  /** Lives that were not ended by `stop`. */
  readonly deaths: Death[];
  readonly ready: boolean;
  /** The last ready line. */
  readonly readyLine: Record<string, unknown> | undefined;
  kill(): void;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

const STOP_PATIENCE_MS = 15_000;

export function startRealProgram(options: RealProgramOptions): RealProgram {
  const deaths: Death[] = [];
  let child: ChildProcess;
  let ready = false;
  let readyLine: Record<string, unknown> | undefined;
  let stopping = false;
  let exited: Promise<number | null>;

  function start(): void {
    const log = openSync(options.logFile, 'a');
    const { flags, environment } = nodeStart(options.file);
    const line = [process.execPath, ...flags, options.file, ...(options.arguments ?? [])];
    const [command, ...args] = [...(options.through ?? []), ...line];
    child = spawn(command as string, args, {
      env: { PATH: process.env.PATH ?? '', ...environment, ...options.environment },
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n')[0];
      if (ready || !line || !text.includes('\n')) return;
      readyLine = JSON.parse(line) as Record<string, unknown>;
      ready = true;
      const last = deaths.at(-1);
      if (last) last.backAtMs ??= Date.now();
    });
    exited = new Promise((resolve) => {
      child.on('exit', (code) => {
        ready = false;
        resolve(code);
        if (stopping) return;
        if (deaths.at(-1)?.backAtMs !== undefined || deaths.length === 0) deaths.push({ atMs: Date.now() });
        setTimeout(start, options.restartMs ?? 200).unref();
      });
    });
  }
  start();

  return {
    get pid() {
      return child.pid;
    },
    deaths,
    get ready() {
      return ready;
    },
    get readyLine() {
      return readyLine;
    },
    kill() {
      child.kill('SIGKILL');
    },
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      const code = await exited;
      clearTimeout(late);
      return code;
    },
  };
}
