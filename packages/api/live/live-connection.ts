/**
 * One reader of live: its subscriptions, and what happens when it is slower than the news. Nothing queues
 * here: what does not fit into the socket's buffer is left out. Samples left out are counted and told;
 * a list that missed a change gets a new snapshot once the buffer is empty enough.
 */
import { Problem } from '@maille/base/problem';
import type { SampleBatch } from '@maille/wire/link/samples';
import {
  type LiveChange,
  type LiveMessage,
  LiveRequest,
  type LiveSnapshot,
  MAX_LIVE_SUBSCRIPTIONS,
  type Topic,
  targetTopics,
  topicAccess,
} from '@maille/wire/live/messages';
import { encodeSamplePush } from '@maille/wire/live/sample-push';
import { problemBody } from '@maille/wire/rest/problem';
import { checker } from '@maille/wire/schema';
import { requireAccess } from '../auth/access.ts';
import type { KnownCaller } from '../auth/caller.ts';

/** What a socket may hold that its reader has not taken. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const MAX_REQUESTS_A_SECOND = 50;

export interface AgentBatch {
  agentNumber: number;
  batch: SampleBatch;
}

export interface Subscription {
  number: number;
  topic: Topic;
  targetId: number | undefined;
  /** `starting`: its snapshot is on the way. `behind`: a change was left out, a new snapshot is due. */
  state: 'starting' | 'current' | 'behind';
  /** A change came while the snapshot was on the way: it may or may not be in it. */
  missed: boolean;
  skippedSamples: number;
  /** Samples of the last minute that are still to be sent. */
  backfill: AgentBatch[];
}

/** What a connection needs of a WebSocket. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface LiveConnection {
  readonly caller: KnownCaller;
  readonly subscriptions: ReadonlyMap<number, Subscription>;
  receive(text: string, nowMonoMs: number): void;
  sendChange(subscription: Subscription, change: LiveChange): void;
  /** What it was told may be otherwise now, in more than a change can say: a new snapshot is due. */
  renew(subscription: Subscription): void;
  sendSamples(subscription: Subscription, samples: AgentBatch): void;
  send(message: LiveMessage): boolean;
  /** Sends what waited for room: backfill, counts, snapshots. */
  pump(): void;
}

export interface LiveConnectionOptions {
  socket: LiveSocket;
  caller: KnownCaller;
  /** Throws a Problem when the subscription cannot be. */
  snapshot(caller: KnownCaller, subscription: Subscription): Promise<LiveSnapshot>;
  /** The last minute, of the sample topics. */
  backfill(caller: KnownCaller, subscription: Subscription): Promise<AgentBatch[]>;
  onError(error: unknown): void;
}

const requestChecker = checker(LiveRequest);

export function createLiveConnection(options: LiveConnectionOptions): LiveConnection {
  const { socket, caller } = options;
  const subscriptions = new Map<number, Subscription>();
  let secondEndsMs = 0;
  let requests = 0;

  const hasRoom = () => socket.bufferedAmount < MAX_BUFFERED_BYTES;

  function send(message: LiveMessage): boolean {
    if (!hasRoom()) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function refuse(error: unknown, subscription?: number): void {
    const problem =
      error instanceof Problem ? error : new Problem('internal', 'the server failed; its log says why');
    if (!(error instanceof Problem)) options.onError(error);
    send({
      type: 'problem',
      ...(subscription !== undefined && { subscription }),
      problem: problemBody(problem),
    });
  }

  async function sendSnapshot(subscription: Subscription): Promise<void> {
    subscription.state = 'starting';
    subscription.missed = false;
    try {
      const snapshot = await options.snapshot(caller, subscription);
      if (subscriptions.get(subscription.number) !== subscription) return;
      const sent = send({ type: 'snapshot', subscription: subscription.number, snapshot });
      subscription.state = sent && !subscription.missed ? 'current' : 'behind';
    } catch (error) {
      if (subscriptions.get(subscription.number) === subscription) subscriptions.delete(subscription.number);
      refuse(error, subscription.number);
    }
  }

  function subscribe(number: number, topic: Topic, targetId: number | undefined): void {
    requireAccess(topicAccess[topic], 'read', caller);
    if (subscriptions.has(number))
      throw new Problem('conflict', 'this subscription number is in use', { field: '/subscription' });
    if (subscriptions.size >= MAX_LIVE_SUBSCRIPTIONS)
      throw new Problem('too-many', `a connection has at most ${MAX_LIVE_SUBSCRIPTIONS} subscriptions`);
    if (targetTopics.includes(topic) !== (targetId !== undefined))
      throw new Problem('invalid', `targetId goes with ${targetTopics.join(' and ')}, and with no other`, {
        field: '/targetId',
      });
    const subscription: Subscription = {
      number,
      topic,
      targetId,
      state: 'starting',
      missed: false,
      skippedSamples: 0,
      backfill: [],
    };
    subscriptions.set(number, subscription);
    void sendSnapshot(subscription)
      .then(async () => {
        if (topic !== 'grid' && topic !== 'target') return;
        if (subscriptions.get(number) !== subscription) return;
        subscription.backfill.push(...(await options.backfill(caller, subscription)));
        pump();
      })
      .catch((error) => refuse(error, number));
  }

  function sendSamples(subscription: Subscription, { agentNumber, batch }: AgentBatch): void {
    if (batch.count === 0) return;
    if (!hasRoom()) {
      subscription.skippedSamples += batch.count;
      return;
    }
    socket.send(encodeSamplePush({ subscription: subscription.number, agentNumber, batch }));
  }

  function pump(): void {
    for (const subscription of subscriptions.values()) {
      while (subscription.backfill.length > 0 && hasRoom())
        sendSamples(subscription, subscription.backfill.shift() as AgentBatch);
      if (!hasRoom()) return;
      if (subscription.skippedSamples > 0) {
        const samples = subscription.skippedSamples;
        if (send({ type: 'skipped', subscription: subscription.number, samples }))
          subscription.skippedSamples = 0;
      }
      if (subscription.state === 'behind') void sendSnapshot(subscription);
    }
  }

  return {
    caller,
    subscriptions,
    send,
    sendSamples,
    pump,

    receive(text, nowMonoMs) {
      if (nowMonoMs >= secondEndsMs) {
        secondEndsMs = nowMonoMs + 1_000;
        requests = 0;
      }
      if (++requests > MAX_REQUESTS_A_SECOND) return socket.close(1008, 'too many requests');
      let number: number | undefined;
      try {
        const request = requestChecker.check(parseJson(text), 'the request');
        number = request.subscription;
        if (request.type === 'subscribe') subscribe(number, request.topic, request.targetId);
        else subscriptions.delete(number);
      } catch (error) {
        refuse(error, number);
      }
    },

    renew(subscription) {
      subscription.missed = true;
      if (subscription.state === 'current') subscription.state = 'behind';
    },

    sendChange(subscription, change) {
      // Nothing follows until the snapshot that is due: a change on top of a gap would be a lie.
      subscription.missed = true;
      if (subscription.state !== 'current') return;
      if (!send({ type: 'change', subscription: subscription.number, change })) subscription.state = 'behind';
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('invalid', 'a request is JSON');
  }
}
