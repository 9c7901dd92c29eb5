/** Asks to type a name before what cannot be undone. */
import { useText } from '@maille/ui/language/language.tsx';
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { appText } from '../app/app-text.ts';

interface TypedConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  warning: string;
  label: string;
  name: string;
  action: string;
  onConfirm: () => void;
}

export function TypedConfirm({
  opened,
  onClose,
  title,
  warning,
  label,
  name,
  action,
  onConfirm,
}: TypedConfirmProps) {
  const app = useText(appText);
  const [typed, setTyped] = useState('');
  useEffect(() => {
    if (opened) setTyped('');
  }, [opened]);
  const fits = typed.trim() === name;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (fits) onConfirm();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': app('close') }}>
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          <Text size="sm">{warning}</Text>
          <TextInput
            data-autofocus
            label={label}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {app('cancel')}
            </Button>
            <Button type="submit" color="red" disabled={!fits}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
