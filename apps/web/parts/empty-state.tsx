import { Icon, type IconName } from '@maille/ui/icon/icon.tsx';
import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is not there yet teaches: one sentence, one button, one command. */
export function EmptyState({
  icon,
  sentence,
  children,
}: {
  icon: IconName;
  sentence: string;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" gap="md" py="xl" px="md" style={{ textAlign: 'center' }}>
      <span className="maille-dimmed">
        <Icon name={icon} size={32} />
      </span>
      <Text maw="34rem">{sentence}</Text>
      {children}
    </Stack>
  );
}
