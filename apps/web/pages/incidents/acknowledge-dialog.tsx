import { useText } from '@maille/ui/language/language.tsx';
import type { Incident } from '@maille/wire/rest/incidents';
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { incidentsText } from './incidents-text.ts';
import { useIncidentActions } from './use-incident-actions.ts';

interface AcknowledgeDialogProps {
  incident: Incident;
  opened: boolean;
  onClose: () => void;
}

export function AcknowledgeDialog({ incident, opened, onClose }: AcknowledgeDialogProps) {
  const text = useText(incidentsText);
  const app = useText(appText);
  const actions = useIncidentActions();
  const [note, setNote] = useState('');
  // What was noted before stays, unless it is changed here; a note that arrives meanwhile changes nothing typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only opening fills the field
  useEffect(() => {
    if (opened) setNote(incident.note);
  }, [opened]);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void actions.acknowledge(incident, note.trim());
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={text('acknowledgeTitle')}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          <Text size="sm">{text('acknowledgeWarning')}</Text>
          <TextInput
            data-autofocus
            label={text('note')}
            placeholder={text('noteHint')}
            maxLength={1_000}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {app('cancel')}
            </Button>
            <Button type="submit">{text('acknowledge')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
