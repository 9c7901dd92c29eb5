/** Traces at once, and says when the round has come back. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { getTargetRoutes, traceTargetNow } from '@maille/wire/rest/traceroutes';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { useMay } from '../../app/session.tsx';
import { useAgentName } from '../use-watch.ts';
import { routesText } from './routes-text.ts';

const PATIENCE_MS = 45_000;
const LOOK_MS = 1_000;

export function TraceNow({ target, agent }: { target: Target; agent: number | undefined }) {
  const text = useText(routesText);
  const format = useFormat();
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const nameOf = useAgentName();
  const may = useMay('operator');
  const [running, setRunning] = useState(false);
  if (!may) return null;

  async function lastSeen(): Promise<Map<number, number>> {
    const { routes } = await call(getTargetRoutes, { params: { id: target.id }, query: { limit: 100 } });
    const seen = new Map<number, number>();
    for (const { agentNumber, lastSeenMs } of routes)
      seen.set(agentNumber, Math.max(lastSeenMs, seen.get(agentNumber) ?? 0));
    return seen;
  }

  async function trace(): Promise<number[]> {
    // By each agent's own clock: a round is new that is later than the last one, whatever the clocks say.
    const before = await lastSeen();
    const { agentNumbers } = await call(traceTargetNow, {
      params: { id: target.id },
      body: agent === undefined ? {} : { agentNumber: agent },
    });
    const back = new Set<number>();
    for (const untilMs = performance.now() + PATIENCE_MS; performance.now() < untilMs; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      for (const [number, seenMs] of await lastSeen())
        if (agentNumbers.includes(number) && seenMs > (before.get(number) ?? 0)) back.add(number);
      await queries.invalidateQueries({ queryKey: ['routes', target.id] });
      if (back.size === agentNumbers.length) break;
    }
    return [...back];
  }

  const onClick = () => {
    setRunning(true);
    void act({
      doing: text('tracing'),
      run: trace,
      done: (agents) =>
        agents.length === 0 ? text('traceLate') : text('traced', { agents: format.list(agents.map(nameOf)) }),
    }).finally(() => setRunning(false));
  };
  return (
    <Button
      variant="default"
      leftSection={<Icon name="refresh" />}
      loading={running}
      onClick={onClick}
      aria-label={text('now')}
    >
      {text('now')}
    </Button>
  );
}
