/** `maille routes`: the way to targets as the agents trace it, now and before. */
import { listMachines } from '@maille/wire/rest/machines';
import type { ResponseOf } from '@maille/wire/rest/route';
import { listTargets } from '@maille/wire/rest/targets';
import {
  getTargetRoutes,
  listRoutes,
  MAX_ROUTES_OF_TARGET,
  type RouteSummary,
  type TargetRoute,
} from '@maille/wire/rest/traceroutes';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { chooseTargets } from '../connection/choose-targets.ts';
import { type Connection, connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

export const command = defineCommand({
  name: 'routes',
  summary: 'the way to targets as the agents trace it, now and before',
  usage: ['routes', 'routes TARGET', 'routes TARGET --history'],
  details:
    'Without a TARGET, all that are traced. With one, its hops: several routers at one distance are paths in parallel, * is one that does not answer. --history lists the routes that were, newest first.',
  options: {
    history: { type: 'boolean', summary: 'the routes that were, each with the time of its change' },
  },
  async run(context, { values, rest, json, dataDir }) {
    const [word, ...more] = rest;
    if (more.length > 0) throw new UsageError('name one target: maille routes TARGET.');
    if (word === undefined && values.history) throw new UsageError('--history goes with a target.');
    const connection = connect(context, dataDir);
    const nameOf = await agentNames(connection);
    if (word === undefined) {
      const answer = await connection.call(listRoutes, { query: {} });
      context.print(json ? JSON.stringify(answer) : routeTable(context, answer.routes, nameOf));
      return 0;
    }
    const { targets } = await connection.call(listTargets);
    const answers: Answer[] = [];
    for (const target of chooseTargets(targets, [word])) {
      const answer = await connection.call(getTargetRoutes, {
        params: { id: target.id },
        query: { limit: MAX_ROUTES_OF_TARGET },
      });
      const routes = values.history ? answer.routes : answer.routes.filter(({ untilMs }) => untilMs === null);
      answers.push({ targetId: target.id, host: target.host, ...answer, routes });
    }
    if (json) {
      context.print(JSON.stringify(answers));
      return 0;
    }
    const routes = answers.flatMap((answer) => answer.routes);
    const names = Object.assign({}, ...answers.map((answer) => answer.names)) as Record<string, string>;
    if (routes.length === 0) {
      const traced = answers.some(({ plan }) => plan !== null);
      context.print(traced ? 'Its first round has not come back yet.' : 'The route to it is not traced.');
      const speaker = targets.find(({ id }) => answers.some((one) => one.representativeId === id));
      if (!traced && speaker)
        context.print(`Its prefix is traced to another address: maille routes ${safeText(speaker.host)}`);
      return 1;
    }
    for (const [index, route] of routes.entries()) {
      if (index > 0) context.print('');
      for (const line of routeLines(route, names, nameOf)) context.print(line);
    }
    return 0;
  },
});

type NameOf = (agentNumber: number) => string;
type Answer = ResponseOf<typeof getTargetRoutes> & { targetId: number; host: string };

async function agentNames({ call }: Connection): Promise<NameOf> {
  const { machines } = await call(listMachines);
  const names = new Map(machines.map((one) => [one.agentNumber, one.label || one.facts.hostname]));
  return (number) => safeText(names.get(number) ?? `agent ${number}`);
}

const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const endOf = ({ end, code }: Pick<TargetRoute, 'end' | 'code'>) =>
  end === 'unreachable' && code !== null ? `unreachable (code ${code})` : end;

function routeLines(route: TargetRoute, names: Record<string, string>, nameOf: NameOf): string[] {
  const until = route.untilMs === null ? 'now' : time(route.untilMs);
  const began = { first: 'first seen', change: 'changed', anew: 'another address or method' }[route.began];
  const lines = [
    `From ${nameOf(route.agentNumber)} to ${route.address}, ${time(route.sinceMs)} until ${until}: ${began}, ${endOf(route)}`,
  ];
  route.hops.forEach(({ routers }, index) => {
    const at = String(index + 1).padStart(3);
    if (routers.length === 0) lines.push(`${at}  *`);
    routers.forEach((one, place) => {
      const name = names[one.address];
      const who = name === undefined ? one.address : `${safeText(name)} (${one.address})`;
      const rtt = one.rttNs === null ? '' : `  ${(one.rttNs / 1e6).toFixed(3)} ms`;
      lines.push(`${place === 0 ? at : '   '}  ${who}${rtt}`);
    });
  });
  return lines;
}

function routeTable(context: Context, routes: RouteSummary[], nameOf: NameOf): string {
  if (routes.length === 0) return 'No route is traced yet: one address of each prefix is, by itself.';
  return formatTable<RouteSummary>(
    [
      { title: 'ADDRESS', keepWhole: true, of: (one) => one.host },
      { title: 'AGENT', of: (one) => nameOf(one.agentNumber) },
      { title: 'HOPS', align: 'right', keepWhole: true, of: (one) => one.length },
      { title: 'END', of: endOf },
      {
        title: 'LAST CHANGE',
        keepWhole: true,
        of: (one) => (one.began === 'first' ? 'none seen' : time(one.sinceMs)),
      },
      { title: 'CHANGES', align: 'right', keepWhole: true, of: (one) => one.changes },
      { title: 'SEEN', keepWhole: true, of: (one) => time(one.lastSeenMs) },
    ],
    routes,
    context.width,
  );
}
