import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { saveBackup } from '../../app/backup-stream.ts';
import { CommandLine } from '../../app/command-line.tsx';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMe } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import { settingsText } from './settings-text.ts';

export function BackupSection() {
  const text = useText(settingsText);
  const format = useFormat();
  const { csrf } = useMe();
  const [received, setReceived] = useState<number>();
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>();

  const start = async () => {
    setError(undefined);
    setDone(false);
    setReceived(0);
    try {
      const day = new Date().toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');
      setDone((await saveBackup(csrf, `maille-${day}.tar`, setReceived)) === 'saved');
    } catch (cause) {
      setError(cause);
    } finally {
      setReceived(undefined);
    }
  };
  return (
    <Section title={text('backup')} lede={text('backupLede')}>
      <Stack gap="sm">
        <Group gap="md">
          <Button
            variant="default"
            leftSection={<Icon name="download" />}
            loading={received !== undefined}
            onClick={() => void start()}
          >
            {text('makeBackup')}
          </Button>
          <Text size="sm" role="status">
            {received !== undefined
              ? text('receiving', { bytes: format.bytes(received) })
              : done && text('backupDone')}
          </Text>
        </Group>
        {error !== undefined && <ProblemAlert error={error} />}
        <CommandLine command="maille backup maille.tar" label={text('backup')} />
      </Stack>
    </Section>
  );
}
