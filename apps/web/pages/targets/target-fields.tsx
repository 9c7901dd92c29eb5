/** How targets are probed, as fields: for what is added, and for what is changed many at once. */
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { AgentSelection } from '@maille/wire/rest/targets';
import {
  MultiSelect,
  NativeSelect,
  NumberInput,
  SegmentedControl,
  Stack,
  TagsInput,
  Text,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { cleanTags } from '../../parts/clean-tags.ts';
import { useAgentName } from '../../watch/use-watch.ts';
import { targetsText } from './targets-text.ts';
import { useTeamsQuery } from './teams-query.ts';

interface FieldProps<T> {
  value: T;
  onChange: (value: T) => void;
}

export function TagsField({ value, onChange }: FieldProps<string[]>) {
  const text = useText(targetsText);
  return (
    <TagsInput
      label={text('tags')}
      description={text('tagsHint')}
      value={value}
      onChange={(next) => onChange(cleanTags(next))}
      maxTags={32}
    />
  );
}

export function TeamField({ value, onChange }: FieldProps<number | null>) {
  const text = useText(targetsText);
  const { data } = useQuery(useTeamsQuery());
  return (
    <NativeSelect
      label={text('team')}
      value={value === null ? '' : String(value)}
      onChange={(event) =>
        onChange(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))
      }
      data={[
        { value: '', label: text('everybody') },
        ...(data?.teams ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
    />
  );
}

export function IntervalField({ value, onChange }: FieldProps<number>) {
  const text = useText(targetsText);
  return (
    <NumberInput
      label={text('interval')}
      description={text('intervalHint')}
      min={1}
      max={3_600}
      clampBehavior="strict"
      allowDecimal={false}
      suffix={text('seconds')}
      value={value / 1_000}
      onChange={(seconds) => onChange(Math.max(1, Number(seconds) || 1) * 1_000)}
    />
  );
}

export function TimeoutField({ value, onChange }: FieldProps<number>) {
  const text = useText(targetsText);
  return (
    <NumberInput
      label={text('timeout')}
      description={text('timeoutHint')}
      min={100}
      max={30_000}
      step={100}
      allowDecimal={false}
      suffix={text('milliseconds')}
      value={value}
      onChange={(next) => onChange(Math.min(30_000, Math.max(100, Number(next) || 100)))}
    />
  );
}

export function AgentsField({ value, onChange }: FieldProps<AgentSelection>) {
  const text = useText(targetsText);
  const id = useId();
  const machines = useLive('machines').data;
  const agentName = useAgentName();
  const choices = [...(machines?.values() ?? [])]
    .filter(({ state }) => state === 'approved')
    .map((machine) => ({ value: machine.id, label: agentName(machine.agentNumber) }));
  const knownTags = [...new Set([...(machines?.values() ?? [])].flatMap(({ tags }) => tags))].sort();
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500} id={id}>
        {text('agents')}
      </Text>
      <SegmentedControl
        aria-labelledby={id}
        value={value.by}
        onChange={(by) =>
          onChange(by === 'all' ? { by } : by === 'ids' ? { by, ids: [] } : { by: 'tags', tags: [] })
        }
        data={[
          { value: 'all', label: text('byAll') },
          { value: 'ids', label: text('byIds') },
          { value: 'tags', label: text('byTags') },
        ]}
      />
      {value.by === 'ids' && (
        <MultiSelect
          aria-label={text('chooseMachines')}
          placeholder={value.ids.length === 0 ? text('chooseMachines') : ''}
          data={choices}
          searchable
          value={value.ids}
          onChange={(ids) => onChange({ by: 'ids', ids })}
          error={value.ids.length === 0 && text('needAgents')}
        />
      )}
      {value.by === 'tags' && (
        <TagsInput
          aria-label={text('chooseTags')}
          placeholder={value.tags.length === 0 ? text('chooseTags') : ''}
          data={knownTags}
          value={value.tags}
          onChange={(tags) => onChange({ by: 'tags', tags: cleanTags(tags) })}
          error={value.tags.length === 0 && text('needAgents')}
        />
      )}
    </Stack>
  );
}

/** Nobody would probe: the server refuses it, and so does the form. */
export function isComplete(agents: AgentSelection | undefined): boolean {
  if (!agents || agents.by === 'all' || agents.by === 'mesh') return true;
  return (agents.by === 'ids' ? agents.ids : agents.tags).length > 0;
}
