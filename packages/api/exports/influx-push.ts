/**
 * Pushes every sample to a time-series database beside Maille's own. What is stored here does not wait
 * for it: a database that is slow or away fills a bounded queue, of which the oldest go, and are counted.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Bus } from '@maille/store/bus/bus';
import type { Finding } from '@maille/wire/link/messages';
import type { SampleBatch } from '@maille/wire/link/samples';
import { type InfluxSubject, influxLines } from './influx-lines.ts';

export interface InfluxPushState {
  /** Samples that wait, those under way among them. */
  queued: number;
  written: number;
  /** Given up because the queue was full. */
  dropped: number;
  /** Refused for good by the database. */
  refused: number;
  /** Why nothing is written at the moment. */
  problem: string | undefined;
}

export interface InfluxPush {
  state(): Readonly<InfluxPushState>;
  findings(): Finding[];
  stop(): Promise<void>;
}

export interface InfluxPushOptions extends InfluxSubject {
  bus: Bus;
  clock: Clock;
  log: Log;
  /** Where lines are posted to, with its query; empty: nowhere. */
  url: () => string;
  /** The header `Authorization`, whole: `Token …` or `Bearer …`. */
  authorization: string | undefined;
  maxQueued?: number;
}

/** A minute of ten thousand targets. */
const MAX_QUEUED_SAMPLES = 600_000;
const SAMPLES_A_REQUEST = 10_000;
const PUSH_EVERY_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
const ANSWER_MS = 15_000;
const MAX_REASON = 160;
/** Of an answer, no more is read: its first words are all that is told. */
const MAX_ANSWER_BYTES = 4_096;
const compress = promisify(gzip);

interface Waiting {
  agentNumber: number;
  batch: SampleBatch;
}

/** Throws a Problem `invalid` that names the field. */
export function requireInfluxUrl(text: string): void {
  if (text === '') return;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Settings are read by operators, and their changes are in the audit log.
  const holdsSecret = ['p', 'password', 'token'].some((name) => url?.searchParams.has(name));
  if (
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    !holdsSecret &&
    url.username === '' &&
    url.password === ''
  )
    return;
  throw new Problem('invalid', 'lines are pushed to a URL of http or https, without a password in it', {
    field: '/influxUrl',
    remedy:
      'For example http://127.0.0.1:8086/write?db=maille, or https://HOST/api/v2/write?org=ORG&bucket=BUCKET with the token in MAILLE_INFLUX_AUTHORIZATION.',
  });
}

export function createInfluxPush(options: InfluxPushOptions): InfluxPush {
  const { bus, clock, log, url, authorization, maxQueued = MAX_QUEUED_SAMPLES } = options;
  const queue: Waiting[] = [];
  const state: InfluxPushState = { queued: 0, written: 0, dropped: 0, refused: 0, problem: undefined };
  const ending = new AbortController();
  let waitMs = PUSH_EVERY_MS;
  let cancelTurn = () => {};

  function bound(): void {
    while (state.queued > maxQueued) {
      const oldest = queue.shift();
      if (!oldest) return; // all of it is under way
      state.queued -= oldest.batch.count;
      state.dropped += oldest.batch.count;
    }
  }
  const unsubscribe = bus.subscribe('samples', ({ agentNumber, batch }) => {
    if (url() === '') return;
    queue.push({ agentNumber, batch });
    state.queued += batch.count;
    bound();
  });

  function takeSome(): { taken: Waiting[]; samples: number } {
    const taken: Waiting[] = [];
    let samples = 0;
    while (samples < SAMPLES_A_REQUEST) {
      const one = queue.shift();
      if (!one) break;
      taken.push(one);
      samples += one.batch.count;
    }
    return { taken, samples };
  }

  /** True: done with these, whatever became of them. */
  async function post(taken: readonly Waiting[], samples: number): Promise<boolean> {
    const lines = taken
      .map(({ agentNumber, batch }) => influxLines(options, agentNumber, batch, 0, batch.count))
      .join('');
    const target = new URL(url());
    if (authorization !== undefined && target.protocol === 'http:' && !isLoopback(target.hostname)) {
      state.problem = 'the token is not sent over plain HTTP to another machine';
      return false;
    }
    const response = await fetch(target, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-encoding': 'gzip',
        ...(authorization !== undefined && { authorization }),
      },
      body: await compress(lines),
      redirect: 'error', // the token is for this URL alone
      signal: AbortSignal.any([ending.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const told = await wordsOf(response);
    if (response.ok) {
      state.written += samples;
      return true;
    }
    const reason = `the database answered ${response.status}${told === '' ? '' : `: ${told}`}`;
    // What it finds wrong with the lines it will find wrong again; the rest may be mended, and waits.
    if (response.status === 400 || response.status === 413 || response.status === 422) {
      state.refused += samples;
      log.warn({ samples, reason }, 'the time-series database refused samples for good');
      return true;
    }
    state.problem = reason;
    return false;
  }

  /** False: nothing gets through now. */
  async function pushOnce(): Promise<boolean> {
    const { taken, samples } = takeSome();
    if (samples === 0) return true;
    let done = false;
    try {
      done = await post(taken, samples);
    } catch (error) {
      state.problem = oneLine(reasonOf(error));
    }
    if (done) {
      state.queued -= samples;
      if (state.problem !== undefined) log.info({}, 'the time-series database takes samples again');
      state.problem = undefined;
      return true;
    }
    queue.unshift(...taken);
    bound();
    return false;
  }

  async function turn(): Promise<void> {
    if (url() === '') {
      queue.length = 0;
      state.queued = 0;
      state.problem = undefined;
    }
    let through = true;
    while (through && queue.length > 0 && !ending.signal.aborted) through = await pushOnce();
    if (!through && waitMs === PUSH_EVERY_MS)
      log.warn({ reason: state.problem }, 'samples do not get into the time-series database');
    waitMs = through ? PUSH_EVERY_MS : Math.min(2 * waitMs, MAX_BACKOFF_MS);
  }
  let current: Promise<void> = Promise.resolve();
  const plan = () => {
    cancelTurn = clock.after(waitMs, () => {
      current = turn().finally(() => {
        if (!ending.signal.aborted) plan();
      });
    });
  };
  plan();

  return {
    state: () => state,
    findings() {
      const to = url();
      // Switched off a moment ago: what was wrong with it is nobody's trouble.
      if (state.problem === undefined || to === '') return [];
      return [
        {
          id: 'influx-push',
          severity: 'broken',
          title: `Samples are not pushed to ${new URL(to).host}: ${state.problem}`.slice(0, 200),
          remedy: 'Mend the URL in Settings, Server, or the token in MAILLE_INFLUX_AUTHORIZATION.',
        },
      ];
    },
    async stop() {
      unsubscribe();
      cancelTurn();
      ending.abort();
      await current;
    },
  };
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);
const oneLine = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON);

/** The first words of an answer, which may be without end. */
async function wordsOf({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // To leave the loop ends the stream, and with it the connection.
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.length;
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  return oneLine(text);
}

/** fetch hides the reason in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const deepest = cause instanceof Error ? cause : (error as Error);
  return deepest.message || String((deepest as NodeJS.ErrnoException).code ?? deepest.name);
}
