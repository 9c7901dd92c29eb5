/** Overview is a triage: what is wrong first, else one line; then the pulse, then what to do next. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Overview } from '@maille/wire/rest/operations';
import { Button, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { FirstSteps } from './first-steps.tsx';
import { ItemList } from './item-list.tsx';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';
import { Pulse } from './pulse.tsx';

export function OverviewPage() {
  const text = useText(overviewText);
  const app = useText(appText);
  const { data, problem } = useLive('overview');
  const may = useMay('operator');
  const navigate = useNavigate();
  return (
    <>
      <PageHead title={text('title')}>
        {may && (
          <Button
            variant="default"
            leftSection={<Icon name="plus" />}
            onClick={() => void navigate({ to: '/targets', search: { add: '1' } })}
          >
            {text('addTargets')}
          </Button>
        )}
      </PageHead>
      {problem && <ProblemAlert error={problem} />}
      {data ? <Triage overview={data} /> : !problem && <Loader aria-label={app('loading')} />}
    </>
  );
}

function Triage({ overview }: { overview: Overview }) {
  const text = useText(overviewText);
  const wrong = overview.items.filter(({ severity }) => severity !== 'info');
  const better = overview.items.filter(({ severity }) => severity === 'info');
  return (
    <Stack gap="lg">
      {wrong.length === 0 ? (
        <Paper withBorder p="md" className={classes.well}>
          <Icon name="check" size={20} />
          <Text>
            <strong>{text('allWell')}</strong>{' '}
            {text('allWellDetail', {
              machines: text('machineCount', { count: overview.machines.approved }),
              targets: text('targetCount', { count: overview.targets.total }),
            })}
          </Text>
        </Paper>
      ) : (
        <section aria-labelledby="wrong">
          <Title order={2} id="wrong" mb="sm">
            {text('wrong', { count: wrong.length })}
          </Title>
          <ItemList items={wrong} />
        </section>
      )}
      <Pulse overview={overview} />
      <FirstSteps overview={overview} />
      {better.length > 0 && (
        <section aria-labelledby="better">
          <Title order={2} id="better" mb={2}>
            {text('improve')}
          </Title>
          <Text size="sm" c="dimmed" mb="sm">
            {text('improveLede')}
          </Text>
          <ItemList items={better} />
        </section>
      )}
    </Stack>
  );
}
