/** The target that a page's address names: waited for, said to be unknown, or handed on. */

import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { Loader, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { watchText } from './watch-text.ts';

interface OneTargetProps {
  unknown: ReactNode;
  children: (target: Target) => ReactNode;
}

export function OneTarget({ unknown, children }: OneTargetProps) {
  const text = useText(watchText);
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const { data } = useLive('targets');
  const target = data?.targets.get(Number(id));
  if (!data)
    return (
      <Text c="dimmed" role="status">
        <Loader size="xs" mr="sm" aria-hidden />
        {text('waiting')}
      </Text>
    );
  return target ? children(target) : unknown;
}
