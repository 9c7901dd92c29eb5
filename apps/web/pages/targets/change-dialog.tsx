/** Changes many targets alike: only what is switched on changes. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Target, TargetChange } from '@maille/wire/rest/targets';
import { Button, Group, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { useTargetActions } from './target-actions.ts';
import {
  AgentsField,
  IntervalField,
  isComplete,
  TagsField,
  TeamField,
  TimeoutField,
} from './target-fields.tsx';
import { targetsText } from './targets-text.ts';
import { TracerouteField } from './traceroute-field.tsx';

interface DialogProps {
  targets: readonly Target[];
  opened: boolean;
  onClose: () => void;
}

export function ChangeDialog({ targets, opened, onClose }: DialogProps) {
  const text = useText(targetsText);
  const app = useText(appText);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={text('changeTitle', { count: targets.length })}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {opened && <ChangeForm targets={targets} onClose={onClose} />}
    </Modal>
  );
}

function ChangeForm({ targets, onClose }: Omit<DialogProps, 'opened'>) {
  const text = useText(targetsText);
  const app = useText(appText);
  const actions = useTargetActions();
  const [change, setChange] = useState<TargetChange>({});
  const first = targets[0];
  if (!first) return null;
  /** These follow their machines: who probes them and what they are called is not for here. */
  const ofMesh = targets.some(({ agents }) => agents.by === 'mesh');
  const set = (part: TargetChange) => setChange((before) => ({ ...before, ...part }));

  /** A switch that brings its field, filled with what the first of them has. */
  const part = <K extends keyof TargetChange>(
    key: K,
    name: string,
    field: (value: NonNullable<TargetChange[K]> | Target[K]) => ReactNode,
  ) => (
    <Stack gap={6} key={key}>
      <Switch
        label={name}
        checked={key in change}
        onChange={(event) => {
          const on = event.currentTarget.checked;
          setChange((before) => {
            const { [key]: _, ...rest } = before;
            return on ? { ...before, [key]: first[key] } : (rest as TargetChange);
          });
        }}
      />
      {key in change && <div style={{ paddingLeft: '2.75rem' }}>{field(change[key] as Target[K])}</div>}
    </Stack>
  );

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    void actions.change(targets, change);
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {text('changeHint')}
        </Text>
        {ofMesh && (
          <Text size="sm" role="note">
            {text('meshHint')}
          </Text>
        )}
        {!ofMesh &&
          part('label', text('label'), (value) => (
            <TextInput
              aria-label={text('label')}
              maxLength={100}
              value={value ?? ''}
              onChange={(event) => set({ label: event.currentTarget.value })}
            />
          ))}
        {part('tags', text('tags'), (value) => (
          <TagsField value={value ?? []} onChange={(tags) => set({ tags })} />
        ))}
        {part('teamId', text('team'), (value) => (
          <TeamField value={value ?? null} onChange={(teamId) => set({ teamId })} />
        ))}
        {!ofMesh &&
          part('agents', text('agents'), (value) => (
            <AgentsField value={value ?? { by: 'all' }} onChange={(agents) => set({ agents })} />
          ))}
        {part('intervalMs', text('interval'), (value) => (
          <IntervalField value={value ?? 1_000} onChange={(intervalMs) => set({ intervalMs })} />
        ))}
        {part('timeoutMs', text('timeout'), (value) => (
          <TimeoutField value={value ?? 2_000} onChange={(timeoutMs) => set({ timeoutMs })} />
        ))}
        {part('traceroute', text('traceroute'), (value) => (
          <TracerouteField value={value ?? null} onChange={(traceroute) => set({ traceroute })} />
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {app('cancel')}
          </Button>
          <Button type="submit" disabled={Object.keys(change).length === 0 || !isComplete(change.agents)}>
            {text('changeCount', { count: targets.length })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
