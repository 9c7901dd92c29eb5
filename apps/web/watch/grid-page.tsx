import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { Button, Loader, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EmptyState } from '../parts/empty-state.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { GridPart } from './grid-part.tsx';
import { WatchTabs } from './watch-tabs.tsx';
import { watchText } from './watch-text.ts';

/** Watch: every target of the fleet. */
export function GridPage() {
  const text = useText(watchText);
  const { data } = useLive('targets');
  if (!data)
    return (
      <Text c="dimmed" role="status">
        <Loader size="xs" mr="sm" aria-hidden />
        {text('waiting')}
      </Text>
    );
  if (data.targets.size === 0)
    return (
      <>
        <WatchTabs />
        <PageHead title={text('grid')} />
        <EmptyState icon="grid" sentence={text('noTargets')}>
          <Button component={Link} to="/targets" search={{ add: '1' } as never}>
            {text('addTargets')}
          </Button>
        </EmptyState>
      </>
    );
  return (
    <>
      <WatchTabs />
      <GridPart title={text('grid')} targets={data.targets} />
    </>
  );
}
