import { useText } from '@maille/ui/language/language.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { Button, Group, Modal, Stack, TagsInput, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { cleanTags } from '../../parts/clean-tags.ts';
import { machineName, useMachineActions } from './machine-actions.ts';
import { machinesText } from './machines-text.ts';

interface DialogProps {
  machine: Machine;
  opened: boolean;
  onClose: () => void;
}

export function EditMachineDialog({ machine, opened, onClose }: DialogProps) {
  const text = useText(machinesText);
  const app = useText(appText);
  const { change } = useMachineActions();
  const [label, setLabel] = useState(machine.label);
  const [tags, setTags] = useState(machine.tags);
  const [meshAddress, setMeshAddress] = useState(machine.meshAddress ?? '');
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the machine says meanwhile must not overwrite what is typed
  useEffect(() => {
    if (!opened) return;
    setLabel(machine.label);
    setTags(machine.tags);
    setMeshAddress(machine.meshAddress ?? '');
  }, [opened]);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    void change(machine, { label: label.trim(), tags, meshAddress: meshAddress.trim() });
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={machineName(machine)}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          <TextInput
            data-autofocus
            label={text('label')}
            description={text('labelHint')}
            placeholder={machine.facts.hostname}
            value={label}
            maxLength={100}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <TagsInput
            label={text('tags')}
            description={text('tagsHint')}
            value={tags}
            onChange={(next) => setTags(cleanTags(next))}
            maxTags={32}
          />
          <TextInput
            label={text('meshAddress')}
            description={text('meshAddressHint')}
            placeholder={text('meshAddressAuto')}
            value={meshAddress}
            maxLength={64}
            onChange={(event) => setMeshAddress(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {app('cancel')}
            </Button>
            <Button type="submit">{app('save')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
