/** One address: its last minute as a ring, its past as charts, each agent's view of it. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { Ring } from '@maille/ui/ring/ring.tsx';
import type { SampleSource } from '@maille/ui/samples/sample-source';
import { useSamples } from '@maille/ui/samples/use-samples.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { ActionIcon, Anchor, Badge, Button, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ProblemAlert } from '../app/problem-text.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { AgentChoice } from './agent-choice.tsx';
import { OneTarget } from './one-target.tsx';
import { RoutesSection } from './routes/routes-section.tsx';
import { SameHost } from './same-host.tsx';
import { TargetHistory } from './target-history.tsx';
import { useBaselinesOf } from './use-baselines.ts';
import { useAgentName, useChoices } from './use-watch.ts';
import classes from './watch.module.css';
import { watchText } from './watch-text.ts';
import { WhyNoAnswer } from './why-no-answer.tsx';

export function TargetPage() {
  const text = useText(watchText);
  return (
    <OneTarget
      unknown={
        <EmptyState icon="target" sentence={text('noTarget')}>
          <Button component={Link} to="/watch" variant="default">
            {text('backToGrid')}
          </Button>
        </EmptyState>
      }
    >
      {(target) => <TargetView key={target.id} target={target} />}
    </OneTarget>
  );
}

function TargetView({ target }: { target: Target }) {
  const [choices, change] = useChoices();
  const { source, problem } = useSamples('target', target.id);
  useBaselinesOf(source, target.id);
  return (
    <Stack gap="lg">
      <div className={classes.targetHead}>
        <Ring source={source} targetId={target.id} name={target.host} agent={choices.agent} size={200} />
        <Stack gap="sm" style={{ flex: '1 1 18rem', minWidth: 0 }}>
          <TargetName target={target} />
          <WhyNoAnswer source={source} targetId={target.id} />
          <AgentRings target={target} source={source} />
        </Stack>
        <AgentChoice agent={choices.agent} onChange={(agent) => change({ agent })} />
      </div>
      {problem !== undefined && <ProblemAlert error={problem} />}
      <TargetHistory target={target} />
      <RoutesSection target={target} agent={choices.agent} />
    </Stack>
  );
}

function AgentRings({ target, source }: { target: Target; source: SampleSource }) {
  const nameOf = useAgentName();
  const agents = useAgentsOf(source);
  if (agents.length < 2) return null;
  return (
    <div className={classes.rings}>
      {agents.map((agent) => (
        <div key={agent} className={classes.ringOfAgent}>
          <Ring
            source={source}
            targetId={target.id}
            name={`${target.host}, ${nameOf(agent)}`}
            agent={agent}
            size={64}
          />
          {nameOf(agent)}
        </div>
      ))}
    </div>
  );
}

/** Agents that sent a sample of this target, as they appear. */
function useAgentsOf(source: SampleSource): readonly number[] {
  const [agents, setAgents] = useState(source.window.agents);
  useEffect(() => source.subscribe(() => setAgents(source.window.agents)), [source]);
  return agents;
}

function TargetName({ target }: { target: Target }) {
  const text = useText(watchText);
  const format = useFormat();
  return (
    <div>
      <Group gap="sm">
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
        <Title order={1} style={{ overflowWrap: 'anywhere' }}>
          {target.host}
        </Title>
      </Group>
      {target.label && <Text>{target.label}</Text>}
      <SameHost target={target} />
      <Group gap="xs" mt="xs">
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/watch/prefix/$prefix" params={{ prefix: target.prefix }} {...props} />
          )}
        >
          {target.prefix === 'names' ? text('names') : target.prefix}
        </Anchor>
        {target.tags.map((tag) => (
          <Badge key={tag} variant="default" tt="none">
            {tag}
          </Badge>
        ))}
        <Text size="sm" c="dimmed">
          {text('interval', {
            interval: format.duration(target.intervalMs),
            timeout: format.duration(target.timeoutMs),
          })}
        </Text>
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/targets" search={{ q: target.host } as never} {...props} />}
        >
          {text('edit')}
        </Anchor>
      </Group>
    </div>
  );
}
