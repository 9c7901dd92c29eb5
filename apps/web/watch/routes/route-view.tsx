/** The route to one target at the time shown: by one agent, with what is not known said. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { TracePlan } from '@maille/wire/traceroute';
import { NativeSelect, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Ago } from '../../parts/ago.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { useAgentName } from '../use-watch.ts';
import { HopList, type Names } from './hop-list.tsx';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';
import { toneOfEnd, useRouteWords } from './use-route-words.ts';

export interface RouteAnswer {
  plan: TracePlan | null;
  representativeId: number | null;
  forPrefix: boolean;
}

export function RouteView({
  route,
  names,
  answer,
}: {
  route: TargetRoute | undefined;
  names: Names;
  answer: RouteAnswer;
}) {
  const text = useText(routesText);
  const words = useRouteWords();
  if (!route) return <NoRoute answer={answer} />;
  return (
    <>
      <div className={classes.facts}>
        <StateMark tone={toneOfEnd(route)} label={words.end(route)} />
        <span>
          <small>{text('changed')}</small>{' '}
          {route.began === 'first' ? text('never') : <Ago ms={route.sinceMs} />}
        </span>
        <span>
          <small>{text('seen')}</small> <Ago ms={route.lastSeenMs} />
        </span>
        {answer.plan && <span>{words.plan(answer.plan)}</span>}
      </div>
      <HopList route={route} names={names} label={text('current')} />
    </>
  );
}

function NoRoute({ answer: { plan, representativeId } }: { answer: RouteAnswer }) {
  const text = useText(routesText);
  const targets = useLive('targets').data?.targets;
  const other = representativeId === null ? undefined : targets?.get(representativeId);
  if (plan) return <Text c="dimmed">{text('firstRound')}</Text>;
  return (
    <>
      <Text c="dimmed">{text('notTraced')}</Text>
      {other ? (
        <Text size="sm">
          {text('otherSpeaks')}{' '}
          <Link to="/watch/routes/$id" params={{ id: String(other.id) }} className={classes.inText}>
            {other.host}
          </Link>
        </Text>
      ) : (
        <Text size="sm" c="dimmed">
          {text('howTraced')}
        </Text>
      )}
    </>
  );
}

/** Which agent's route is shown; absent where there is one. */
export function TracingAgent({
  routes,
  agent,
  onChange,
}: {
  routes: readonly TargetRoute[];
  agent: number | undefined;
  onChange(agent: number): void;
}) {
  const text = useText(routesText);
  const nameOf = useAgentName();
  const agents = agentsOf(routes);
  if (agents.length < 2) return null;
  return (
    <NativeSelect
      aria-label={text('chooseAgent')}
      value={String(agent ?? agents[0])}
      onChange={(event) => onChange(Number(event.currentTarget.value))}
      data={agents.map((number) => ({ value: String(number), label: nameOf(number) }))}
    />
  );
}

export const agentsOf = (routes: readonly TargetRoute[]): number[] =>
  [...new Set(routes.map(({ agentNumber }) => agentNumber))].sort((a, b) => a - b);

export function useMomentWords() {
  const text = useText(routesText);
  const format = useFormat();
  return (momentMs: number | undefined) =>
    momentMs === undefined ? text('current') : text('currentAt', { time: format.dateTime(momentMs) });
}
