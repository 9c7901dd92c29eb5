/** The route to an address on its page: as it is at the time shown, and the way to its history. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { Button, Group, Loader } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { Section } from '../../parts/section.tsx';
import { agentsOf, RouteView } from './route-view.tsx';
import { routesText } from './routes-text.ts';
import { TraceNow } from './trace-now.tsx';
import { routeAt, useMoment, useTargetRoutes } from './use-routes.ts';

export function RoutesSection({ target, agent }: { target: Target; agent: number | undefined }) {
  const text = useText(routesText);
  const { data, error } = useTargetRoutes(target.id);
  const momentMs = useMoment();
  const chosen = agent ?? agentsOf(data?.routes ?? [])[0];
  const routes = (data?.routes ?? []).filter((one) => one.agentNumber === chosen);
  return (
    <Section
      title={text('section')}
      actions={
        (data?.plan || routes.length > 0) && (
          <Group gap="sm">
            {data?.plan && <TraceNow target={target} agent={agent} />}
            <Button
              variant="default"
              leftSection={<Icon name="clock" />}
              component={Link}
              to="/watch/routes/$id"
              params={{ id: String(target.id) } as never}
              search={(agent === undefined ? {} : { agent: String(agent) }) as never}
            >
              {text('details')}
            </Button>
          </Group>
        )
      }
    >
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader size="sm" aria-label={text('section')} />}
      {data && <RouteView route={routeAt(routes, momentMs)} names={data.names} answer={data} />}
    </Section>
  );
}
