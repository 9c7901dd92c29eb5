/** The live client for the parts of a page: one client a page, hooks that re-render at most once a frame. */
import { systemClock } from '@maille/base/clock';
import { LIVE_PATH } from '@maille/wire/live/messages';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import {
  createLiveClient,
  type LiveClient,
  type LiveLine,
  type LiveSocket,
  type LiveTopic,
  type SampleListener,
  type SampleTopic,
} from './live-client.ts';
import type { StateTopic } from './live-state.ts';

const LiveContext = createContext<LiveClient | undefined>(undefined);

/** A hidden page gets no frames; once a second keeps its state true without work. */
function onNextFrame(fn: () => void): void {
  if (document.hidden) setTimeout(fn, 1_000);
  else requestAnimationFrame(fn);
}

/** The cookie of the session goes with the upgrade, the browser's Origin guards it. */
export function createBrowserLiveClient(): LiveClient {
  return createLiveClient({
    connect: (subprotocol) =>
      new WebSocket(
        `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${LIVE_PATH}`,
        subprotocol,
      ) as unknown as LiveSocket,
    clock: systemClock,
    onNextFrame,
  });
}

/** Opens the line while it is mounted: place it where somebody is signed in. */
export function LiveProvider({ client, children }: { client?: LiveClient; children: ReactNode }) {
  const [own, setOwn] = useState<LiveClient>();
  useEffect(() => {
    if (client) return;
    const made = createBrowserLiveClient();
    const retry = () => made.retry();
    window.addEventListener('online', retry);
    setOwn(made);
    return () => {
      window.removeEventListener('online', retry);
      made.stop();
    };
  }, [client]);
  return <LiveContext value={client ?? own}>{children}</LiveContext>;
}

const noSubscription = () => () => {};
const nothing: LiveTopic<never> = { data: undefined, receivedAtMs: 0, problem: undefined };
const connecting: LiveLine = { state: 'connecting', sinceMs: 0, serverOffsetMs: 0 };

/**
 * A topic's state, as Maps by id where it is a list. `data` is undefined until the first snapshot, and of no
 * topic, where a part of a page does not look at the present.
 */
export function useLive<T extends StateTopic>(topic: T | undefined, targetId?: number): LiveTopic<T> {
  const client = useContext(LiveContext);
  const subscribe = useCallback(
    (listener: () => void) =>
      (topic === undefined ? undefined : client?.watch(topic, listener, targetId)) ?? noSubscription(),
    [client, topic, targetId],
  );
  return useSyncExternalStore(
    subscribe,
    () => (topic === undefined ? undefined : client?.topic(topic, targetId)) ?? nothing,
  );
}

/** Whether the line lives, since when, and how far the server's clock is from ours. */
export function useLiveLine(): LiveLine {
  const client = useContext(LiveContext);
  return useSyncExternalStore(client?.onLine ?? noSubscription, () => client?.line() ?? connecting);
}

/** Samples as they come, outside React: `listener` must stay the same object. */
export function useLiveSamples(
  topic: SampleTopic,
  targetId: number | undefined,
  listener: SampleListener | undefined,
) {
  const client = useContext(LiveContext);
  useEffect(() => {
    if (!client || !listener) return;
    return client.samples(topic, targetId, listener);
  }, [client, topic, targetId, listener]);
}

export function useLiveClient(): LiveClient | undefined {
  return useContext(LiveContext);
}
