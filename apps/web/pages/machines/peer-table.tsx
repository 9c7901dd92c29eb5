/** Peers that presence found and that are no machines of ours: in the same place, because they may become some. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import { Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Ago } from '../../parts/ago.tsx';
import { Section } from '../../parts/section.tsx';
import { DataTable } from '../../table/data-table.tsx';
import type { Sort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { machineName } from './machine-actions.ts';
import { PeerStateMark, peerStates } from './machine-state.tsx';
import { machinesText } from './machines-text.ts';

const byId = (peer: SeenPeer) => peer.id;
const byHostname = (peer: SeenPeer) => peer.hostname;

export function PeerTable({ machines }: { machines: readonly Machine[] }) {
  const text = useText(machinesText);
  const format = useFormat();
  const { data } = useLive('peers');
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>({ column: 'state', descending: false });
  const peers = useMemo(() => {
    const known = new Set(machines.filter(({ state }) => state === 'approved').map(({ id }) => id));
    // A machine of ours shows above; here only where presence says what the machine itself cannot.
    return [...(data?.values() ?? [])].filter((peer) => !known.has(peer.id) || peer.cloned);
  }, [data, machines]);
  const names = useMemo(
    () => new Map(machines.map((machine) => [machine.id, machineName(machine)])),
    [machines],
  );

  const columns = useMemo<Column<SeenPeer>[]>(() => {
    const seenBy = (peer: SeenPeer) => peer.seenBy.map((id) => names.get(id) ?? id.slice(0, 8)).join(', ');
    const services = (peer: SeenPeer) =>
      peer.services
        .map(({ name, port }) => (port === undefined ? name : text('service', { name, port: String(port) })))
        .join(', ');
    return [
      {
        id: 'name',
        title: text('name'),
        track: 'minmax(9rem, 1.5fr)',
        phone: 'title',
        text: byHostname,
        cell: byHostname,
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(9rem, 1fr)',
        phone: 'meta',
        text: (peer) => text(peerStates[peer.state].word),
        sortKey: (peer) => (peer.cloned ? -1 : peerStates[peer.state].rank),
        cell: (peer) => <PeerStateMark peer={peer} />,
      },
      {
        id: 'addresses',
        title: text('addresses'),
        track: 'minmax(10rem, 2fr)',
        phone: 'meta',
        text: (peer) => peer.addresses.join(' '),
        cell: (peer) => <span className="maille-mono">{peer.addresses.join(' ')}</span>,
      },
      {
        id: 'role',
        title: text('role'),
        track: '6rem',
        text: (peer) => text(peer.role === 'agent' ? 'roleAgent' : 'roleServer'),
        cell: (peer) => text(peer.role === 'agent' ? 'roleAgent' : 'roleServer'),
      },
      { id: 'seenBy', title: text('seenBy'), track: 'minmax(8rem, 1fr)', text: seenBy, cell: seenBy },
      {
        id: 'services',
        title: text('services'),
        track: 'minmax(8rem, 1.5fr)',
        text: services,
        cell: (peer) => services(peer) || '—',
      },
      {
        id: 'clockSkew',
        title: text('clockSkew'),
        track: '6rem',
        alignRight: true,
        optional: true,
        text: (peer) => `${Math.round(peer.clockSkewMs)} ms`,
        sortKey: (peer) => Math.abs(peer.clockSkewMs),
        cell: (peer) => `${format.number(Math.round(peer.clockSkewMs))} ms`,
      },
      {
        id: 'lastSeen',
        title: text('lastSeen'),
        track: '8rem',
        text: (peer) => format.dateTime(peer.lastSeenMs),
        sortKey: (peer) => -peer.lastSeenMs,
        cell: (peer) => <Ago ms={peer.lastSeenMs} />,
      },
    ];
  }, [text, format, names]);

  return (
    <Section title={text('peersTitle')} lede={text('peersLede')}>
      {peers.length === 0 ? (
        <Text size="sm">{text('noPeers')}</Text>
      ) : (
        <DataTable
          id="peers"
          name={text('peersTitle')}
          rows={peers}
          rowId={byId}
          rowName={byHostname}
          columns={columns}
          filter={filter}
          onFilter={setFilter}
          sort={sort}
          onSort={setSort}
          maxHeight="24rem"
        />
      )}
    </Section>
  );
}
