/**
 * Changes of the route as marks on a target's charts: of its own route where it is traced, else of the one
 * that is traced for its prefix.
 */
import type { ChartMark } from '@maille/ui/charts/chart-marks';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useMemo } from 'react';
import { useAgentName } from '../use-watch.ts';
import type { Names } from './hop-list.tsx';
import { changesAmong, momentOfChange, type RouteStep } from './route-changes.ts';
import { routesText } from './routes-text.ts';
import { useTargetRoutes } from './use-routes.ts';

export interface RouteMark extends ChartMark {
  /** Whose route it is: the page of its history. */
  targetId: number;
  agentNumber: number;
}

/** `agent`: of that one alone. */
export function useRouteMarks(targetId: number, agent: number | undefined): readonly RouteMark[] {
  const text = useText(routesText);
  const format = useFormat();
  const nameOf = useAgentName();
  const targets = useLive('targets').data?.targets;
  const own = useTargetRoutes(targetId).data;
  const speaks = own && own.plan === null && own.routes.length === 0 ? own.representativeId : null;
  const others = useTargetRoutes(speaks ?? undefined).data;
  const { routes, names } = (speaks === null ? own : others) ?? nothing;
  const speaker = speaks === null ? undefined : targets?.get(speaks)?.host;
  return useMemo(() => {
    const router = (addresses: readonly string[]) =>
      addresses.length === 0 ? '*' : format.list(addresses.map((one) => names[one] ?? one));
    const what = ({ difference }: RouteStep) =>
      difference === undefined
        ? text('otherEnd')
        : text('otherRoute', {
            distance: difference.distance,
            before: router(difference.before),
            after: router(difference.after),
          });
    const several = new Set(routes.map(({ agentNumber }) => agentNumber)).size > 1;
    return changesAmong(routes)
      .filter(({ route }) => agent === undefined || route.agentNumber === agent)
      .map((step): RouteMark => {
        const { agentNumber, targetId: whose } = step.route;
        const atMs = momentOfChange(step.route);
        const more = [
          ...(several ? [nameOf(agentNumber)] : []),
          ...(speaker === undefined ? [] : [text('ofPrefix', { host: speaker })]),
        ];
        const words = more.length === 0 ? what(step) : `${what(step)} (${more.join(', ')})`;
        return { look: 'route', fromMs: atMs, toMs: atMs, words, targetId: whose, agentNumber };
      });
  }, [routes, names, agent, speaker, text, format, nameOf]);
}

const nothing: { routes: []; names: Names } = { routes: [], names: {} };
