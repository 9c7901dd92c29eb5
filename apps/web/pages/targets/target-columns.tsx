import { parseIpAddress } from '@maille/base/ip-address';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { sendErrorText, sendErrorWords } from '@maille/ui/samples/send-error-words';
import { tcpPortOf } from '@maille/wire/probe-method';
import type { Target } from '@maille/wire/rest/targets';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { StateMark } from '../../parts/state-mark.tsx';
import type { Column } from '../../table/table-props.ts';
import { useProbeName } from '../../watch/probe-choice.tsx';
import { useAgentName } from '../../watch/use-watch.ts';
import { Tags } from '../machines/machine-table.tsx';
import { type KnownState, statesOf } from './target-states.ts';
import { targetsText } from './targets-text.ts';
import { useTeamsQuery } from './teams-query.ts';

const tones = {
  silent: 'severe',
  refusing: 'severe',
  notSent: 'notable',
  noData: 'off',
  answering: 'calm',
} as const satisfies Record<KnownState['state'], string>;
const worstFirst = Object.keys(tones);

export const targetId = (target: Target) => target.id;
export const targetName = (target: Target) => target.label || target.host;

/** Addresses sort as numbers, IPv4 before IPv6 before names. */
const hostKey = (host: string): string => {
  const address = parseIpAddress(host);
  if (!address) return `n${host}`;
  return `${address.family}${[...address.bytes].map((byte) => String(byte).padStart(3, '0')).join('')}`;
};

export function useTargetColumns(): Column<Target>[] {
  const text = useText(targetsText);
  const format = useFormat();
  const machines = useLive('machines').data;
  const overview = useLive('overview').data;
  const { data: teams } = useQuery(useTeamsQuery());
  const probeName = useProbeName();
  const agentName = useAgentName();

  const errorText = useText(sendErrorText);
  const stateOf = useMemo(() => statesOf(overview?.targets), [overview]);
  return useMemo<Column<Target>[]>(() => {
    const agentsOf = ({ agents }: Target): string => {
      if (agents.by === 'all') return text('allAgents');
      if (agents.by === 'tags') return agents.tags.join(', ');
      if (agents.by === 'mesh') return text('byMesh');
      return agents.ids
        .map((id) => {
          const machine = machines?.get(id);
          return machine ? agentName(machine.agentNumber) : id.slice(0, 8);
        })
        .join(', ');
    };
    const teamOf = ({ teamId }: Target): string =>
      teamId === null
        ? text('everybody')
        : (teams?.teams.find(({ id }) => id === teamId)?.name ?? `#${teamId}`);
    const stateWords = (target: Target): string => {
      const known = stateOf(target.id);
      if (!known) return '';
      return known.state === 'notSent'
        ? text('notSent', { reason: sendErrorWords(known.errno, errorText) })
        : text(known.state);
    };
    const createdBy = (target: Target) =>
      target.createdBy === 'start'
        ? text('startedWith')
        : target.agents.by === 'mesh'
          ? text('mesh')
          : target.createdBy;
    return [
      {
        id: 'host',
        title: text('host'),
        track: 'minmax(11rem, 2fr)',
        phone: 'title',
        text: ({ host }) => host,
        sortKey: ({ host }) => hostKey(host),
        cell: (target) => (
          <Link to="/watch/target/$id" params={{ id: String(target.id) }} className="maille-link maille-mono">
            {target.host}
          </Link>
        ),
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(11rem, 1fr)',
        phone: 'meta',
        text: stateWords,
        sortKey: (target) => worstFirst.indexOf(stateOf(target.id)?.state ?? 'answering'),
        cell: (target) => {
          const known = stateOf(target.id);
          if (!known) return <span className="maille-dimmed">—</span>;
          const words = stateWords(target);
          return <StateMark tone={tones[known.state]} label={words} title={words} />;
        },
      },
      {
        id: 'probe',
        title: text('probe'),
        track: '6rem',
        phone: 'meta',
        text: ({ probe }) => probeName(probe),
        sortKey: ({ probe }) => tcpPortOf(probe) ?? 0,
        cell: ({ probe }) => probeName(probe),
      },
      {
        id: 'label',
        title: text('label'),
        track: 'minmax(8rem, 2fr)',
        phone: 'meta',
        text: ({ label }) => label,
        cell: ({ label }) => label,
      },
      {
        id: 'tags',
        title: text('tags'),
        track: 'minmax(7rem, 1.5fr)',
        phone: 'meta',
        text: ({ tags }) => tags.join(' '),
        cell: ({ tags }) => <Tags tags={tags} />,
      },
      { id: 'agents', title: text('agents'), track: 'minmax(8rem, 1.5fr)', text: agentsOf, cell: agentsOf },
      { id: 'team', title: text('team'), track: 'minmax(6rem, 1fr)', text: teamOf, cell: teamOf },
      {
        id: 'interval',
        title: text('interval'),
        track: '6rem',
        alignRight: true,
        phone: 'meta',
        text: ({ intervalMs }) => format.duration(intervalMs),
        sortKey: ({ intervalMs }) => intervalMs,
        cell: ({ intervalMs }) => format.duration(intervalMs),
      },
      {
        id: 'timeout',
        title: text('timeout'),
        track: '7rem',
        alignRight: true,
        optional: true,
        text: ({ timeoutMs }) => format.duration(timeoutMs),
        sortKey: ({ timeoutMs }) => timeoutMs,
        cell: ({ timeoutMs }) => format.duration(timeoutMs),
      },
      {
        id: 'prefix',
        title: text('prefix'),
        track: 'minmax(9rem, 1fr)',
        optional: true,
        text: ({ prefix }) => prefix,
        cell: ({ prefix }) =>
          prefix === 'names' ? (
            prefix
          ) : (
            <Link to="/watch/prefix/$prefix" params={{ prefix }} className="maille-link maille-mono">
              {prefix}
            </Link>
          ),
      },
      {
        id: 'createdAt',
        title: text('created'),
        track: '11rem',
        optional: true,
        text: ({ createdAtMs }) => format.dateTime(createdAtMs),
        sortKey: ({ createdAtMs }) => -createdAtMs,
        cell: ({ createdAtMs }) => format.dateTime(createdAtMs),
      },
      {
        id: 'createdBy',
        title: text('createdBy'),
        track: '8rem',
        optional: true,
        text: createdBy,
        cell: createdBy,
      },
    ];
  }, [text, errorText, format, machines, teams, stateOf, probeName, agentName]);
}
