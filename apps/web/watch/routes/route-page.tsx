/** Watch, Routes, one target: the route at the time shown, its history, and any two of them side by side. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { Button, Loader, Stack, Text } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Section } from '../../parts/section.tsx';
import { OneTarget } from '../one-target.tsx';
import { WatchTabs } from '../watch-tabs.tsx';
import { lettersOf } from './compare-routes.ts';
import { RouteComparison } from './route-comparison.tsx';
import { RouteTimeline } from './route-timeline.tsx';
import { agentsOf, RouteView, TracingAgent, useMomentWords } from './route-view.tsx';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';
import { TraceNow } from './trace-now.tsx';
import { routeAt, useMoment, useTargetRoutes } from './use-routes.ts';

interface Search {
  agent?: string | undefined;
  /** Beginnings of the two that are compared. */
  left?: string | undefined;
  right?: string | undefined;
}

export function RoutePage() {
  const text = useText(routesText);
  return (
    <OneTarget
      unknown={
        <>
          <WatchTabs />
          <PageHead title={text('title')} />
          <EmptyState icon="target" sentence={text('noTarget')}>
            <Button component={Link} to="/watch/routes" variant="default">
              {text('allRoutes')}
            </Button>
          </EmptyState>
        </>
      }
    >
      {(target) => <TargetRouteView key={target.id} target={target} />}
    </OneTarget>
  );
}

function TargetRouteView({ target }: { target: Target }) {
  const text = useText(routesText);
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const { data, error, fromMs, toMs } = useTargetRoutes(target.id);
  const momentMs = useMoment();
  const momentWords = useMomentWords();
  const change = (next: Search) =>
    void navigate({
      to: '.',
      search: ((before: Search) => ({ ...before, ...next })) as never,
      replace: true,
    });

  const agents = agentsOf(data?.routes ?? []);
  const wanted = Number(search.agent);
  const agent = agents.includes(wanted) ? wanted : agents[0];
  const routes = useMemo(
    () => (data?.routes ?? []).filter((one) => one.agentNumber === agent).reverse(),
    [data, agent],
  );
  const letters = useMemo(() => lettersOf(routes), [routes]);
  const newestFirst = useMemo(() => [...routes].reverse(), [routes]);
  const indexOf = (since: string | undefined, otherwise: number) => {
    const found = routes.findIndex(({ sinceMs }) => String(sinceMs) === since);
    return found < 0 ? otherwise : found;
  };
  const right = indexOf(search.right, routes.length - 1);
  const chosen: [number, number] = [indexOf(search.left, Math.max(0, right - 1)), right];
  const compare = ([before, after]: readonly [number, number]) =>
    change({ left: String(routes[before]?.sinceMs ?? ''), right: String(routes[after]?.sinceMs ?? '') });

  return (
    <>
      <WatchTabs />
      <PageHead
        title={text('routeTo', { host: target.host })}
        lede={
          <>
            {target.label && `${target.label} · `}
            <Link to="/watch/target/$id" params={{ id: String(target.id) }} className={classes.inText}>
              {text('toTarget')}
            </Link>
            {data?.forPrefix && ` · ${text('forPrefix')} (${target.prefix})`}
          </>
        }
      >
        <TracingAgent
          routes={data?.routes ?? []}
          agent={agent}
          onChange={(next) => change({ agent: String(next), left: undefined, right: undefined })}
        />
        {data?.plan && <TraceNow target={target} agent={agents.length > 1 ? agent : undefined} />}
      </PageHead>
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={text('title')} />}
      {data && (
        <Stack gap="lg">
          <Section title={momentWords(momentMs)}>
            <RouteView route={routeAt(newestFirst, momentMs)} names={data.names} answer={data} />
          </Section>
          {routes.length > 0 ? (
            <Section title={text('history')} lede={text('historyLede')}>
              <RouteTimeline
                routes={routes}
                letters={letters}
                fromMs={fromMs}
                toMs={toMs}
                momentMs={momentMs}
                chosen={chosen}
                onChoose={(index) => compare([Math.max(0, index - 1), index])}
              />
            </Section>
          ) : (
            data.plan && <Text c="dimmed">{text('noHistory')}</Text>
          )}
          {routes.length > 1 && (
            <Section title={text('compare')}>
              <RouteComparison
                routes={routes}
                letters={letters}
                names={data.names}
                chosen={chosen}
                onChoose={compare}
              />
            </Section>
          )}
        </Stack>
      )}
    </>
  );
}
