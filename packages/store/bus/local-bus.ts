/**
 * The bus of a single server: delivery is a function call, made before `publish` returns. What is
 * published from within a delivery waits for its end, so that every subscriber of a topic sees the same
 * order. What waits is bounded: two subscribers that answer each other for ever are a fault, not a load.
 */
import type { Log } from '@maille/base/log';
import type { Bus, BusTopic, BusTopics } from './bus.ts';

const MAX_WAITING = 10_000;

interface Topic {
  subscribers: Set<{ receive: (message: never) => void }>;
  waiting: unknown[];
  delivering: boolean;
}

export function createLocalBus(log: Log): Bus {
  const topics = new Map<BusTopic, Topic>();
  let stopped = false;

  const topicOf = (name: BusTopic): Topic => {
    const known = topics.get(name);
    if (known) return known;
    const topic: Topic = { subscribers: new Set(), waiting: [], delivering: false };
    topics.set(name, topic);
    return topic;
  };

  const deliver = (name: BusTopic, topic: Topic, message: unknown) => {
    // A copy: who subscribes during a delivery starts with the next message.
    for (const subscriber of [...topic.subscribers]) {
      if (!topic.subscribers.has(subscriber)) continue;
      try {
        subscriber.receive(message as never);
      } catch (error) {
        log.error({ err: error, topic: name }, 'a subscriber of the bus failed');
      }
    }
  };

  return {
    publish<T extends BusTopic>(name: T, message: BusTopics[T]) {
      const topic = topics.get(name);
      if (stopped || !topic) return;
      if (topic.delivering) {
        if (topic.waiting.length >= MAX_WAITING) {
          log.error(
            { topic: name },
            'the bus dropped a message: its subscribers answer each other without end',
          );
          return;
        }
        topic.waiting.push(message);
        return;
      }
      topic.delivering = true;
      try {
        deliver(name, topic, message);
        for (let i = 0; i < topic.waiting.length; i++) deliver(name, topic, topic.waiting[i]);
      } finally {
        topic.waiting.length = 0;
        topic.delivering = false;
      }
    },
    subscribe<T extends BusTopic>(name: T, receive: (message: BusTopics[T]) => void) {
      const { subscribers } = topicOf(name);
      const subscriber = { receive: receive as (message: never) => void };
      subscribers.add(subscriber);
      return () => {
        subscribers.delete(subscriber);
      };
    },
    async stop() {
      stopped = true;
      topics.clear();
    },
  };
}
