import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { ActionIcon, Loader, Text, Tooltip } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { GridPart } from './grid-part.tsx';
import { watchText } from './watch-text.ts';

/** One tile alone, with room for rings, and the minutes of each of its addresses. */
export function PrefixPage() {
  const text = useText(watchText);
  const { prefix = '' } = useParams({ strict: false }) as { prefix?: string };
  const { data } = useLive('targets');
  const targets = useMemo(
    () => data && new Map([...data.targets].filter(([, target]) => target.prefix === prefix)),
    [data, prefix],
  );
  if (!targets)
    return (
      <Text c="dimmed" role="status">
        <Loader size="xs" mr="sm" aria-hidden />
        {text('waiting')}
      </Text>
    );
  return (
    <GridPart
      title={text('prefix', { prefix: prefix === 'names' ? text('names') : prefix })}
      targets={targets}
      leastCellPx={40}
      history={prefix}
      back={
        <Tooltip label={text('backToGrid')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            component={Link}
            to="/watch"
            aria-label={text('backToGrid')}
          >
            <Icon name="left" />
          </ActionIcon>
        </Tooltip>
      }
    />
  );
}
