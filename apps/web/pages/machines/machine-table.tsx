import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { Badge, Button, Group, Text } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { DataTable } from '../../table/data-table.tsx';
import { formatSort, parseSort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { machineName } from './machine-actions.ts';
import { MachineStateMark, stateOf } from './machine-state.tsx';
import { machinesText } from './machines-text.ts';
import { spacedId } from './waiting-machines.tsx';

const probingWords = { raw: 'probingRaw', datagram: 'probingDatagram', none: 'probingNone' } as const;
const byId = (machine: Machine) => machine.id;

interface MachineTableProps {
  machines: readonly Machine[];
  onAdd: (() => void) | undefined;
}

export function MachineTable({ machines, onAdd }: MachineTableProps) {
  const text = useText(machinesText);
  const format = useFormat();
  const navigate = useNavigate({ from: '/machines' });
  const { q = '', sort } = useSearch({ from: '/machines' });
  // Machines of one name are told apart by the beginning of their key, as on their own page.
  const sharedNames = useMemo(() => {
    const names = machines.map(machineName);
    return new Set(names.filter((name, i) => names.indexOf(name) !== i));
  }, [machines]);
  const columns = useMemo<Column<Machine>[]>(
    () => [
      {
        id: 'name',
        title: text('name'),
        track: 'minmax(10rem, 2fr)',
        phone: 'title',
        text: machineName,
        cell: (machine) => (
          <Link to="/machines/$id" params={{ id: machine.id }} className="maille-link">
            {machineName(machine)}
            {sharedNames.has(machineName(machine)) && (
              <Text span size="xs" c="dimmed" ml={6} className="maille-mono">
                {spacedId(machine.id).slice(0, 9)}
              </Text>
            )}
          </Link>
        ),
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(9rem, 1fr)',
        phone: 'meta',
        text: (machine) => text(stateOf(machine).word),
        sortKey: (machine) => stateOf(machine).rank,
        cell: (machine) => <MachineStateMark machine={machine} />,
      },
      {
        id: 'addresses',
        title: text('addresses'),
        track: 'minmax(10rem, 2fr)',
        phone: 'meta',
        text: (machine) => machine.facts.addresses.join(' '),
        cell: (machine) => <span className="maille-mono">{machine.facts.addresses.join(' ')}</span>,
      },
      {
        id: 'tags',
        title: text('tags'),
        track: 'minmax(9rem, 1fr)',
        text: (machine) => machine.tags.join(' '),
        cell: (machine) => <Tags tags={machine.tags} />,
      },
      {
        id: 'os',
        title: text('os'),
        track: 'minmax(9rem, 1.5fr)',
        text: (machine) => machine.facts.os,
        cell: (machine) => machine.facts.os,
      },
      {
        id: 'probing',
        title: text('probing'),
        track: 'minmax(8rem, 1fr)',
        text: (machine) => (machine.status ? text(probingWords[machine.status.probing]) : ''),
        cell: (machine) => (machine.status ? text(probingWords[machine.status.probing]) : '—'),
      },
      {
        id: 'lastSeen',
        title: text('lastSeen'),
        track: '8rem',
        text: (machine) => format.dateTime(machine.lastSeenMs),
        sortKey: (machine) => -machine.lastSeenMs,
        cell: (machine) => <Ago ms={machine.lastSeenMs} />,
      },
      {
        id: 'version',
        title: text('version'),
        track: '6rem',
        optional: true,
        text: (machine) => machine.facts.version,
        cell: (machine) => machine.facts.version,
      },
      {
        id: 'key',
        title: text('key'),
        track: 'minmax(18rem, 2fr)',
        optional: true,
        text: byId,
        cell: (machine) => <span className="maille-mono">{spacedId(machine.id)}</span>,
      },
    ],
    [text, format, sharedNames],
  );
  return (
    <DataTable
      id="machines"
      name={text('approvedTitle')}
      rows={machines}
      rowId={byId}
      rowName={machineName}
      columns={columns}
      filter={q}
      onFilter={(filter) =>
        void navigate({ search: (before) => ({ ...before, q: filter || undefined }), replace: true })
      }
      sort={parseSort(sort, { column: 'state', descending: false })}
      onSort={(next) =>
        void navigate({ search: (before) => ({ ...before, sort: formatSort(next) }), replace: true })
      }
      onOpen={(machine) => void navigate({ to: '/machines/$id', params: { id: machine.id } })}
      maxHeight="max(20rem, calc(100dvh - 22rem))"
      empty={
        <EmptyState icon="machine" sentence={text('noMachines')}>
          {onAdd && (
            <Button leftSection={<Icon name="plus" />} onClick={onAdd}>
              {text('addMachine')}
            </Button>
          )}
        </EmptyState>
      }
    />
  );
}

export function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <Group gap={4} wrap="nowrap" component="span" display="inline-flex">
      {tags.map((tag) => (
        <Badge key={tag} variant="default" size="sm" tt="none" radius="sm" fw={500} style={{ flex: 'none' }}>
          {tag}
        </Badge>
      ))}
    </Group>
  );
}
