/** A sign-in link for somebody else: shown once. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { Modal, Stack, Text } from '@mantine/core';
import { appText } from '../../app/app-text.ts';
import { CommandLine } from '../../app/command-line.tsx';
import { peopleText } from './people-text.ts';

export interface MadeLink {
  name: string;
  url: string;
  expiresAtMs: number;
}

export function LinkDialog({ link, onClose }: { link: MadeLink | undefined; onClose: () => void }) {
  const text = useText(peopleText);
  const app = useText(appText);
  const format = useFormat();
  return (
    <Modal
      opened={link !== undefined}
      onClose={onClose}
      title={text('linkTitle', { name: link?.name ?? '' })}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {link && (
        <Stack gap="md">
          <CommandLine command={link.url} label={text('linkTitle', { name: link.name })} />
          <Text size="sm">{text('linkOnce', { time: format.dateTime(link.expiresAtMs) })}</Text>
        </Stack>
      )}
    </Modal>
  );
}
