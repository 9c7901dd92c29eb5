/** Waits until live tells that agents have traced a target once more. */
import type { LiveClient } from '@maille/ui/live/live-client';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';

type Client = Pick<LiveClient, 'watch' | 'topic'>;
/** By agent: when the last round began that is known, by that agent's own clock. */
export type LastSeen = ReadonlyMap<number, number>;

export function lastSeenOf(routes: readonly TargetRoute[]): LastSeen {
  const seen = new Map<number, number>();
  for (const { agentNumber, lastSeenMs } of routes)
    seen.set(agentNumber, Math.max(lastSeenMs, seen.get(agentNumber) ?? 0));
  return seen;
}

/** Ends with what `find` finds in the routes that are known, or with undefined after a while. */
function awaitRoutes<T>(
  client: Client,
  targetId: number,
  patienceMs: number,
  find: (routes: readonly TargetRoute[]) => T | undefined,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    let leave = () => {};
    const end = (found: T | undefined) => {
      clearTimeout(timer);
      leave();
      resolve(found);
    };
    const timer = setTimeout(() => end(undefined), patienceMs);
    const look = () => {
      const routes = client.topic('target-routes', targetId).data?.routes;
      const found = routes && find(routes);
      if (found !== undefined) end(found);
    };
    leave = client.watch('target-routes', look, targetId);
    look();
  });
}

/** What is known before anybody is asked. */
export async function awaitLastSeen(client: Client, targetId: number, patienceMs: number): Promise<LastSeen> {
  return (await awaitRoutes(client, targetId, patienceMs, lastSeenOf)) ?? new Map();
}

/** Which of these agents have come back within that time; ends when all have. */
export async function awaitRounds(
  client: Client,
  targetId: number,
  agentNumbers: readonly number[],
  before: LastSeen,
  patienceMs: number,
): Promise<number[]> {
  let back: number[] = [];
  await awaitRoutes(client, targetId, patienceMs, (routes) => {
    const seen = lastSeenOf(routes);
    back = agentNumbers.filter((agent) => (seen.get(agent) ?? 0) > (before.get(agent) ?? 0));
    return back.length === agentNumbers.length ? true : undefined;
  });
  return back;
}
