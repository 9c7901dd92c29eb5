/**
 * What is usual, on disk: `learnt.bin` is what the detector goes on with after a restart, written every few
 * minutes and at the end, so that a kill -9 forgets minutes; a file an hour keeps what was usual then, for
 * replay. Both are columns of numbers with a head that tells their length: a file cut short is no file.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LearntSeries, SeriesBaseline } from '@maille/engine/anomaly/anomaly-watch';
import { LEARNT } from '@maille/engine/anomaly/series-state';
import type { Baselines } from '@maille/wire/rest/incidents';

const LEARNT_MAGIC = 0x324c4c4d; // 'MLL2' read little-endian
const HOUR_MAGIC = 0x3148424d; // 'MBH1'
const HEAD_BYTES = 16;
const LEARNT_NAME = 'learnt.bin';
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** An hour without a file (the server was down): what was usual up to so long before stands in. */
const LOOK_BACK_HOURS = 6;
/** Spread and loss as parts of this. */
const PARTS = 10_000;
const MAX_SERIES = 4_000_000;

export function createBaselineFiles(folder: string) {
  let last: { name: string; baselines: Baselines } | undefined;

  async function replace(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = join(folder, `${name}.new`);
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  }

  async function read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  return {
    async writeLearnt(all: Iterable<LearntSeries>, atMs: number): Promise<void> {
      await replace(LEARNT_NAME, encodeLearnt([...all], atMs));
    },
    /** Empty where there is none, or none that is whole. */
    async readLearnt(): Promise<LearntSeries[]> {
      const bytes = await read(LEARNT_NAME);
      return (bytes && decodeLearnt(bytes)) ?? [];
    },

    async writeHour(all: Iterable<SeriesBaseline>, atMs: number): Promise<void> {
      await replace(hourName(atMs), encodeHour([...all], atMs));
    },
    async readHour(atMs: number): Promise<Baselines | undefined> {
      for (let back = 0; back <= LOOK_BACK_HOURS; back++) {
        const name = hourName(atMs - back * HOUR_MS);
        if (last?.name === name) return last.baselines;
        const bytes = await read(name);
        const baselines = bytes && decodeHour(bytes);
        if (!baselines) continue;
        last = { name, baselines };
        return baselines;
      }
      return undefined;
    },

    async drop(keptDays: number, nowMs: number): Promise<void> {
      const before = hourName(nowMs - keptDays * DAY_MS);
      const names = await readdir(folder).catch(() => []);
      for (const name of names)
        if (/^\d{4}-\d\d-\d\dT\d\d\.bin$/.test(name) && name < before) await rm(join(folder, name));
    },
  };
}

export type BaselineFiles = ReturnType<typeof createBaselineFiles>;

const hourName = (atMs: number): string => `${new Date(Math.max(0, atMs)).toISOString().slice(0, 13)}.bin`;

function withHead(magic: number, count: number, atMs: number, rowBytes: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + count * rowBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(count, 4);
  bytes.writeDoubleLE(atMs, 8);
  return bytes;
}

function countOf(bytes: Buffer, magic: number, rowBytes: number): number | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== magic) return undefined;
  const count = bytes.readUInt32LE(4);
  return count <= MAX_SERIES && bytes.length === HEAD_BYTES + count * rowBytes ? count : undefined;
}

const LEARNT_ROW = 6 + 4 * LEARNT;

function encodeLearnt(all: LearntSeries[], atMs: number): Buffer {
  const bytes = withHead(LEARNT_MAGIC, all.length, atMs, LEARNT_ROW);
  let at = HEAD_BYTES;
  for (const { agentNumber, targetId, learnt } of all) {
    bytes.writeUInt32LE(targetId, at);
    bytes.writeUInt16LE(agentNumber, at + 4);
    for (let i = 0; i < LEARNT; i++) bytes.writeFloatLE(learnt[i] as number, at + 6 + 4 * i);
    at += LEARNT_ROW;
  }
  return bytes;
}

function decodeLearnt(bytes: Buffer): LearntSeries[] | undefined {
  const count = countOf(bytes, LEARNT_MAGIC, LEARNT_ROW);
  if (count === undefined) return undefined;
  const all: LearntSeries[] = [];
  for (let row = 0; row < count; row++) {
    const at = HEAD_BYTES + row * LEARNT_ROW;
    const learnt = Float32Array.from({ length: LEARNT }, (_, i) => bytes.readFloatLE(at + 6 + 4 * i));
    if (!learnt.every(Number.isFinite)) continue;
    all.push({ targetId: bytes.readUInt32LE(at), agentNumber: bytes.readUInt16LE(at + 4), learnt });
  }
  return all;
}

const HOUR_ROW = 14;

function encodeHour(all: SeriesBaseline[], atMs: number): Buffer {
  const bytes = withHead(HOUR_MAGIC, all.length, atMs, HOUR_ROW);
  let at = HEAD_BYTES;
  for (const { agentNumber, targetId, rttNs, spread, lossRatio } of all) {
    bytes.writeUInt32LE(targetId, at);
    bytes.writeUInt16LE(agentNumber, at + 4);
    bytes.writeFloatLE(rttNs, at + 6);
    bytes.writeUInt16LE(Math.min(0xffff, Math.round(spread * PARTS)), at + 10);
    bytes.writeUInt16LE(Math.min(PARTS, Math.round(lossRatio * PARTS)), at + 12);
    at += HOUR_ROW;
  }
  return bytes;
}

function decodeHour(bytes: Buffer): Baselines | undefined {
  const count = countOf(bytes, HOUR_MAGIC, HOUR_ROW);
  if (count === undefined) return undefined;
  const baselines = emptyBaselines(bytes.readDoubleLE(8));
  for (let row = 0; row < count; row++) {
    const at = HEAD_BYTES + row * HOUR_ROW;
    baselines.targetIds.push(bytes.readUInt32LE(at));
    baselines.agentNumbers.push(bytes.readUInt16LE(at + 4));
    baselines.rttNs.push(bytes.readFloatLE(at + 6));
    baselines.spread.push(bytes.readUInt16LE(at + 10) / PARTS);
    baselines.lossRatio.push(bytes.readUInt16LE(at + 12) / PARTS);
  }
  return baselines;
}

export function emptyBaselines(atMs: number): Baselines {
  return { atMs, targetIds: [], agentNumbers: [], rttNs: [], spread: [], lossRatio: [] };
}
