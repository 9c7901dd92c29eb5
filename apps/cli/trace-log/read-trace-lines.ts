/**
 * The lines of a trace, out of the log files that `maille up` keeps and out of the journal of the systemd
 * services. Of lines of the same millisecond the sensor's come first: a sample goes from there to the server.
 */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export const tracedPrograms = ['sensor', 'agent', 'server'] as const;
export type TracedProgram = (typeof tracedPrograms)[number];

export interface TraceLine {
  timeMs: number;
  program: TracedProgram;
  trace: string;
  targetId: number;
  message: string;
  /** What else the line holds. */
  fields: Record<string, unknown>;
}

export interface ReadTraceLinesOptions {
  dataDir: string;
  wants(line: Pick<TraceLine, 'trace' | 'targetId'>): boolean;
  /** The journal's program; undefined leaves the journal out. */
  journalctl?: string | undefined;
}

/** The newest stay. */
const MAX_LINES = 100_000;
const JOURNALCTL = '/usr/bin/journalctl';

export async function readTraceLines(options: ReadTraceLinesOptions): Promise<TraceLine[]> {
  const { dataDir, wants, journalctl = JOURNALCTL } = options;
  const found: TraceLine[] = [];
  const take = (program: TracedProgram, text: string) => {
    const line = parseTraceLine(program, text);
    if (!line || !wants(line)) return;
    found.push(line);
    if (found.length > 2 * MAX_LINES) found.splice(0, found.length - MAX_LINES);
  };
  const folder = join(dataDir, 'logs');
  for (const program of tracedPrograms) {
    for (const file of logFiles(folder, program))
      await eachLine(createReadStream(file), (text) => take(program, text));
    if (existsSync(journalctl)) await readJournal(journalctl, program, (text) => take(program, text));
  }
  const rank = (line: TraceLine) => tracedPrograms.indexOf(line.program);
  return found.sort((a, b) => a.timeMs - b.timeMs || rank(a) - rank(b)).slice(-MAX_LINES);
}

/** Oldest first: `server.log.2`, `server.log.1`, `server.log`. */
function logFiles(folder: string, program: TracedProgram): string[] {
  if (!existsSync(folder)) return [];
  const pattern = new RegExp(`^${program}\\.log(?:\\.(\\d{1,3}))?$`);
  return readdirSync(folder)
    .flatMap((name) => {
      const match = pattern.exec(name);
      return match ? [{ name, age: Number(match[1] ?? 0) }] : [];
    })
    .sort((a, b) => b.age - a.age)
    .map(({ name }) => join(folder, name));
}

async function readJournal(
  journalctl: string,
  program: TracedProgram,
  take: (text: string) => void,
): Promise<void> {
  const child = spawn(
    journalctl,
    ['--quiet', '--no-pager', '--output=cat', `--unit=maille-${program}.service`, '--grep="trace":"'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  // Without a journal, or the right to read it, there is none to read from: files may do.
  child.on('error', () => {});
  await eachLine(child.stdout, take);
}

async function eachLine(stream: Readable, take: (text: string) => void): Promise<void> {
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    take(text);
}

/** What pino writes, when it is about a traced target. */
export function parseTraceLine(program: TracedProgram, text: string): TraceLine | undefined {
  if (!text.includes('"trace":"')) return undefined;
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const {
    time,
    trace,
    targetId,
    msg,
    level: _,
    pid: _pid,
    hostname: _hostname,
    name: _name,
    part: _part,
    ...fields
  } = line;
  if (typeof time !== 'number' || typeof trace !== 'string' || typeof targetId !== 'number') return undefined;
  return { timeMs: time, program, trace, targetId, message: typeof msg === 'string' ? msg : '', fields };
}
