/**
 * The browser's end of `wire/live`: one WebSocket for the whole page, however many parts look at it.
 * Parts that want the same topic share one subscription. Listeners are told at most once a frame, so
 * that a busy server cannot make the page draw more than the screen shows. A lost line keeps the last
 * state (with its age) and is taken up again with growing, jittered delays; a silent one counts as lost.
 */
import type { Clock } from '@maille/base/clock';
import type { Problem } from '@maille/base/problem';
import { LIVE_SUBPROTOCOL, type LiveMessage, type LiveRequest, type Topic } from '@maille/wire/live/messages';
import { decodeSamplePush, type SamplePush } from '@maille/wire/live/sample-push';
import { problemFromBody } from '@maille/wire/rest/problem';
import { applyLiveChange, type LiveStates, type StateTopic, stateOfSnapshot } from './live-state.ts';

export type SampleTopic = Exclude<Topic, StateTopic>;

/** The part of WebSocket that is used; tests bring their own. */
export interface LiveSocket {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface LiveLine {
  state: 'connecting' | 'live' | 'lost';
  /** Wall time since when `state` holds. */
  sinceMs: number;
  /** Server's clock minus ours, milliseconds; 0 until known. */
  serverOffsetMs: number;
}

export interface LiveTopic<T extends StateTopic> {
  /** Undefined until the first snapshot. */
  data: LiveStates[T] | undefined;
  /** When `data` was last told anything, by our clock. */
  receivedAtMs: number;
  problem: Problem | undefined;
}

export interface SampleListener {
  onSamples(push: SamplePush): void;
  /** The line was lost and is back: samples between must be fetched, or shown as missing. */
  onReset?(): void;
  /** The server skipped samples because this page was too slow for them. */
  onSkipped?(samples: number): void;
}

export interface LiveClient {
  /** Listens to a topic's state; the result ends it. `targetId` goes with those that are of one target. */
  watch<T extends StateTopic>(topic: T, listener: () => void, targetId?: number): () => void;
  topic<T extends StateTopic>(topic: T, targetId?: number): LiveTopic<T>;
  samples(topic: SampleTopic, targetId: number | undefined, listener: SampleListener): () => void;
  line(): LiveLine;
  onLine(listener: () => void): () => void;
  /** Tries again now: the browser came back online, or the person asks. */
  retry(): void;
  stop(): void;
}

export interface LiveClientOptions {
  connect(subprotocol: string): LiveSocket;
  clock: Clock;
  /** Calls `fn` before the next frame (requestAnimationFrame, or a timer while the page is hidden). */
  onNextFrame(fn: () => void): void;
  random?: () => number;
}

interface Subscription {
  number: number;
  topic: Topic;
  targetId: number | undefined;
  listeners: Set<() => void>;
  sampleListeners: Set<SampleListener>;
  view: LiveTopic<StateTopic>;
  dirty: boolean;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;
/** The server says its time every five seconds. */
const SILENCE_MS = 16_000;
const nothing: LiveTopic<StateTopic> = { data: undefined, receivedAtMs: 0, problem: undefined };

export function createLiveClient(options: LiveClientOptions): LiveClient {
  const { clock, random = Math.random } = options;
  const subscriptions = new Map<number, Subscription>();
  const lineListeners = new Set<() => void>();
  let line: LiveLine = { state: 'connecting', sinceMs: clock.wallMs(), serverOffsetMs: 0 };
  let socket: LiveSocket | undefined;
  let open = false;
  let attempts = 0;
  let nextNumber = 1;
  let heardAtMs = 0;
  let lineDirty = false;
  let frameAsked = false;
  let stopped = false;
  let cancelRetry: (() => void) | undefined;

  function askFrame() {
    if (frameAsked) return;
    frameAsked = true;
    options.onNextFrame(() => {
      frameAsked = false;
      if (lineDirty) {
        lineDirty = false;
        for (const listener of [...lineListeners]) listener();
      }
      for (const subscription of subscriptions.values()) {
        if (!subscription.dirty) continue;
        subscription.dirty = false;
        for (const listener of [...subscription.listeners]) listener();
      }
    });
  }

  function setLine(change: Partial<LiveLine>) {
    const moved = change.state !== undefined && change.state !== line.state;
    line = { ...line, ...change, ...(moved && { sinceMs: clock.wallMs() }) };
    lineDirty = true;
    askFrame();
  }

  function setView(subscription: Subscription, change: Partial<LiveTopic<StateTopic>>) {
    subscription.view = { ...subscription.view, ...change };
    subscription.dirty = true;
    askFrame();
  }

  function send(request: LiveRequest) {
    if (open) socket?.send(JSON.stringify(request));
  }

  function sendSubscribe({ number, topic, targetId }: Subscription) {
    send({ type: 'subscribe', subscription: number, topic, ...(targetId !== undefined && { targetId }) });
  }

  function receiveText(message: LiveMessage) {
    if (message.type === 'time') {
      setLine({ serverOffsetMs: message.serverTimeMs - clock.wallMs() });
      return;
    }
    const subscription =
      message.subscription === undefined ? undefined : subscriptions.get(message.subscription);
    if (!subscription) return; // ended meanwhile
    if (message.type === 'snapshot') {
      const data = stateOfSnapshot(message.snapshot);
      setView(subscription, { data, receivedAtMs: clock.wallMs(), problem: undefined });
    } else if (message.type === 'change') {
      const data = applyLiveChange(subscription.view.data, message.change);
      setView(subscription, { data, receivedAtMs: clock.wallMs() });
    } else if (message.type === 'skipped') {
      for (const listener of subscription.sampleListeners) listener.onSkipped?.(message.samples);
    } else {
      setView(subscription, { problem: problemFromBody(message.problem) });
    }
  }

  function receive(data: unknown) {
    heardAtMs = clock.monoMs();
    if (typeof data === 'string') {
      receiveText(JSON.parse(data) as LiveMessage);
    } else if (data instanceof ArrayBuffer) {
      const push = decodeSamplePush(new Uint8Array(data));
      for (const listener of subscriptions.get(push.subscription)?.sampleListeners ?? [])
        listener.onSamples(push);
    }
  }

  function lost() {
    if (socket) {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    }
    socket = undefined;
    open = false;
    if (stopped) return;
    setLine({ state: 'lost' });
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts) * (0.5 + random() / 2);
    attempts++;
    cancelRetry = clock.after(delayMs, connect);
  }

  function connect() {
    cancelRetry?.();
    cancelRetry = undefined;
    const current = options.connect(LIVE_SUBPROTOCOL);
    socket = current;
    heardAtMs = clock.monoMs();
    current.binaryType = 'arraybuffer';
    current.onopen = () => {
      open = true;
      attempts = 0;
      setLine({ state: 'live' });
      for (const subscription of subscriptions.values()) {
        sendSubscribe(subscription);
        for (const listener of subscription.sampleListeners) listener.onReset?.();
      }
    };
    current.onmessage = (event) => receive(event.data);
    current.onclose = lost;
  }

  const cancelWatch = clock.every(2_000, () => {
    if (socket && clock.monoMs() - heardAtMs > SILENCE_MS) lost();
  });
  connect();

  function add(topic: Topic, targetId: number | undefined): Subscription {
    const subscription: Subscription = {
      number: nextNumber++,
      topic,
      targetId,
      listeners: new Set(),
      sampleListeners: new Set(),
      view: nothing,
      dirty: false,
    };
    subscriptions.set(subscription.number, subscription);
    sendSubscribe(subscription);
    return subscription;
  }

  function find(topic: StateTopic, targetId: number | undefined): Subscription | undefined {
    for (const one of subscriptions.values())
      if (one.topic === topic && one.targetId === targetId) return one;
    return undefined;
  }

  function leave(subscription: Subscription) {
    // A page change leaves and joins within one frame: do not make the server send a snapshot for that.
    clock.after(250, () => {
      if (subscription.listeners.size + subscription.sampleListeners.size > 0) return;
      if (!subscriptions.delete(subscription.number)) return;
      send({ type: 'unsubscribe', subscription: subscription.number });
    });
  }

  return {
    watch(topic, listener, targetId) {
      const subscription = find(topic, targetId) ?? add(topic, targetId);
      subscription.listeners.add(listener);
      return () => {
        subscription.listeners.delete(listener);
        leave(subscription);
      };
    },
    topic: (topic, targetId) => (find(topic, targetId)?.view ?? nothing) as never,
    samples(topic, targetId, listener) {
      // Not shared: the last minute comes once, at the beginning of a subscription.
      const subscription = add(topic, targetId);
      subscription.sampleListeners.add(listener);
      return () => {
        subscription.sampleListeners.delete(listener);
        leave(subscription);
      };
    },
    line: () => line,
    onLine(listener) {
      lineListeners.add(listener);
      return () => lineListeners.delete(listener);
    },
    retry() {
      if (open || stopped) return;
      attempts = 0;
      if (!socket) connect();
    },
    stop() {
      stopped = true;
      cancelRetry?.();
      cancelWatch();
      lost();
    },
  };
}
