import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { NativeSelect } from '@mantine/core';
import { useAgentName } from './use-watch.ts';
import { watchText } from './watch-text.ts';

/** Whose samples are shown; absent where one agent is all there is. */
export function AgentChoice({
  agent,
  onChange,
}: {
  agent: number | undefined;
  onChange(agent: number | undefined): void;
}) {
  const text = useText(watchText);
  const nameOf = useAgentName();
  const { data } = useLive('machines');
  const numbers = [...(data?.values() ?? [])]
    .filter(({ state }) => state === 'approved')
    .map(({ agentNumber }) => agentNumber);
  if (agent !== undefined && !numbers.includes(agent)) numbers.push(agent);
  if (numbers.length < 2 && agent === undefined) return null;
  return (
    <NativeSelect
      aria-label={text('agent')}
      value={agent === undefined ? '' : String(agent)}
      onChange={(event) =>
        onChange(event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value))
      }
      data={[
        { value: '', label: text('allAgents') },
        ...numbers.map((number) => ({ value: String(number), label: nameOf(number) })),
      ]}
    />
  );
}
