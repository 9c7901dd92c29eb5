/** Overview is a triage: what is wrong first, else one line; then the pulse, then what to do next. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
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
import { RoutesChanged } from './routes-changed.tsx';
import { mergeSame } from './same-findings.ts';
import { TargetsDown } from './targets-down.tsx';

/** From here on silent targets, and changed routes, are told together. */
const MANY = 5;

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
  const format = useFormat();
  const { targets } = overview;
  // Many silent targets are one thing to look at, and must not push the rest out of sight.
  const together = (
    [
      ['target-down', 'targetsDown', targets.silent - targets.inIncidents],
      ['target-refusing', 'targetsRefusing', targets.refusing - targets.refusingInIncidents],
    ] as const
  ).filter(([, , count]) => count > MANY);
  const ofKind = (kind: string) => overview.items.filter((item) => item.kind === kind);
  // Somebody is on it: then it is told by itself.
  const changed = overview.items.filter(
    ({ incident }) => incident?.kind === 'route' && incident.acknowledgedBy === null,
  );
  const routes = changed.length > MANY ? changed : [];
  const wrong = overview.items.filter(
    (item) =>
      item.severity !== 'info' && !together.some(([kind]) => kind === item.kind) && !routes.includes(item),
  );
  const count = wrong.length + together.length + (routes.length > 0 ? 1 : 0);
  const better = mergeSame(
    overview.items.filter(({ severity }) => severity === 'info'),
    format.list,
  );
  return (
    <Stack gap="lg">
      {count === 0 ? (
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
            {text('wrong', { count })}
          </Title>
          <Stack gap="xs">
            {together.map(([kind, are, many]) => (
              <TargetsDown key={kind} count={many} items={ofKind(kind)} are={are} />
            ))}
            {wrong.length > 0 && <ItemList items={wrong} />}
            {routes.length > 0 && <RoutesChanged items={routes} />}
          </Stack>
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
