/** Traces at once, and says when the round has come back. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLiveClient } from '@maille/ui/live/live.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { traceTargetNow } from '@maille/wire/rest/traceroutes';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { useMay } from '../../app/session.tsx';
import { useAgentName } from '../use-watch.ts';
import { awaitLastSeen, awaitRounds } from './await-rounds.ts';
import { routesText } from './routes-text.ts';

const PATIENCE_MS = 45_000;
const SNAPSHOT_PATIENCE_MS = 5_000;

export function TraceNow({ target, agent }: { target: Target; agent: number | undefined }) {
  const text = useText(routesText);
  const format = useFormat();
  const call = useCall();
  const act = useAction();
  const client = useLiveClient();
  const nameOf = useAgentName();
  const may = useMay('operator');
  const [running, setRunning] = useState(false);
  if (!may || !client) return null;

  async function trace(live: NonNullable<typeof client>): Promise<number[]> {
    // By each agent's own clock: a round is new that is later than the last one, whatever the clocks say.
    const before = await awaitLastSeen(live, target.id, SNAPSHOT_PATIENCE_MS);
    const { agentNumbers } = await call(traceTargetNow, {
      params: { id: target.id },
      body: agent === undefined ? {} : { agentNumber: agent },
    });
    return awaitRounds(live, target.id, agentNumbers, before, PATIENCE_MS);
  }

  const onClick = () => {
    setRunning(true);
    void act({
      doing: text('tracing'),
      run: () => trace(client),
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
