/** One incident: what, since when, how sure, who is on it, and the evidence address by address. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { getIncident, type Incident } from '@maille/wire/rest/incidents';
import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { asProblem, ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Section } from '../../parts/section.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { AcknowledgeDialog } from './acknowledge-dialog.tsx';
import { EvidenceTable } from './evidence-table.tsx';
import { IncidentChart } from './incident-chart.tsx';
import { IncidentFacts } from './incident-facts.tsx';
import { replayOf } from './incident-time.ts';
import { toneOf, useIncidentWords } from './incident-words.ts';
import { incidentsText } from './incidents-text.ts';
import { useIncidentActions } from './use-incident-actions.ts';

export function IncidentPage() {
  const text = useText(incidentsText);
  const app = useText(appText);
  const call = useCall();
  const id = Number(useParams({ from: '/incidents/$id' }).id);
  const live = useLive('incidents').data?.get(id);
  const { data, error } = useQuery({
    // Evidence is read anew when the incident has moved.
    queryKey: ['incident', id, live?.affected, live?.state],
    queryFn: ({ signal }) => call(getIncident, { params: { id }, signal }),
    enabled: Number.isSafeInteger(id) && id > 0,
    placeholderData: (before) => before,
  });
  const unknown = !(Number.isSafeInteger(id) && id > 0) || (error && asProblem(error).code === 'not-found');
  if (unknown)
    return (
      <>
        <PageHead title={text('title')} />
        <EmptyState icon="warning" sentence={text('unknown')}>
          <Link to="/incidents" className="maille-link">
            {text('allIncidents')}
          </Link>
        </EmptyState>
      </>
    );
  if (error) return <ProblemAlert error={error} />;
  if (!data) return <Loader aria-label={app('loading')} />;
  return (
    <IncidentView incident={live ?? data.incident} evidence={data.evidence} leftOut={data.evidenceLeftOut} />
  );
}

interface IncidentViewProps {
  incident: Incident;
  evidence: Parameters<typeof EvidenceTable>[0]['evidence'];
  leftOut: number;
}

function IncidentView({ incident, evidence, leftOut }: IncidentViewProps) {
  const text = useText(incidentsText);
  const words = useIncidentWords();
  const nowMs = useNow(10_000);
  const navigate = useNavigate();
  const { setPosition } = useTime();
  const may = useMay('operator');
  const actions = useIncidentActions();
  const [noting, setNoting] = useState(false);
  const { sinceMs, acknowledgedBy } = incident;
  // The server names the worst first.
  const worst = evidence[0];
  const seeGrid = (playing: boolean) => {
    setPosition(replayOf(incident, nowMs, playing));
    void navigate({ to: '/watch' });
  };

  return (
    <>
      <PageHead
        title={words.name(incident)}
        lede={
          <Group component="span" gap="sm">
            <StateMark tone={toneOf(incident)} label={words.state(incident)} />
            <Ago ms={sinceMs} />
          </Group>
        }
      >
        {may && acknowledgedBy === null && (
          <Button
            variant={incident.state === 'open' ? 'filled' : 'default'}
            leftSection={<Icon name="person" />}
            onClick={() => setNoting(true)}
          >
            {text('acknowledge')}
          </Button>
        )}
        {may && acknowledgedBy !== null && (
          <Button variant="default" onClick={() => actions.takeBack(incident)}>
            {text('takeBack')}
          </Button>
        )}
        <Button variant="default" leftSection={<Icon name="play" />} onClick={() => seeGrid(true)}>
          {text('replay')}
        </Button>
        <Button variant="default" leftSection={<Icon name="grid" />} onClick={() => seeGrid(false)}>
          {text('grid')}
        </Button>
      </PageHead>
      <Stack gap="lg">
        {incident.flapping && (
          <Alert color="yellow" icon={<Icon name="refresh" />}>
            {text('flapping')}
          </Alert>
        )}
        <Section title={text('what')}>
          <IncidentFacts incident={incident} />
        </Section>
        {worst && <IncidentChart key={worst.targetId} incident={incident} worst={worst} />}
        <Section title={text('evidence')} lede={text('evidenceLede')}>
          <EvidenceTable evidence={evidence} />
          {leftOut > 0 && (
            <Text size="sm" c="dimmed" mt="sm">
              {text('evidenceLeftOut', { count: leftOut })}
            </Text>
          )}
        </Section>
      </Stack>
      <AcknowledgeDialog incident={incident} opened={noting} onClose={() => setNoting(false)} />
    </>
  );
}
