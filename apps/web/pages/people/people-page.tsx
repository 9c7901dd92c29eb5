/** People: who may come in, with which role and teams. The last administrator stays one. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { listPeople, type Person } from '@maille/wire/rest/people';
import { Button, Loader, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { Ago } from '../../parts/ago.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { DataTable } from '../../table/data-table.tsx';
import type { Sort } from '../../table/row-order.ts';
import type { Column } from '../../table/table-props.ts';
import { useTeamsQuery } from '../targets/teams-query.ts';
import { LinkDialog, type MadeLink } from './link-dialog.tsx';
import { peopleText } from './people-text.ts';
import { PersonDialog } from './person-dialog.tsx';
import { PersonMenu } from './person-menu.tsx';
import { TeamsSection } from './teams-section.tsx';

export const peopleKey = ['people'];
const byId = (person: Person) => person.id;
export const personName = (person: Person) => person.name || person.login;

export function PeoplePage() {
  const text = useText(peopleText);
  const app = useText(appText);
  const format = useFormat();
  const call = useCall();
  const navigate = useNavigate({ from: '/settings/people' });
  const { add } = useSearch({ from: '/settings/people' });
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>({ column: 'name', descending: false });
  const [editing, setEditing] = useState<Person>();
  const [link, setLink] = useState<MadeLink>();
  const { data, error } = useQuery({
    queryKey: peopleKey,
    queryFn: ({ signal }) => call(listPeople, { signal }),
  });
  const { data: teams } = useQuery(useTeamsQuery());
  const setAdding = (adding: boolean) =>
    void navigate({ search: (before) => ({ ...before, add: adding ? '1' : undefined }), replace: true });
  usePageKeys({ n: () => setAdding(true) });

  const people = useMemo(() => data?.people ?? [], [data]);
  const lastAdmin = useMemo(() => {
    const admins = people.filter(({ role, disabled }) => role === 'admin' && !disabled);
    return admins.length === 1 ? admins[0]?.id : undefined;
  }, [people]);
  const columns = useMemo<Column<Person>[]>(() => {
    const teamsOf = (person: Person) =>
      person.teamIds.map((id) => teams?.teams.find((team) => team.id === id)?.name ?? `#${id}`).join(', ');
    const proofs = (person: Person) =>
      format.list(
        [
          person.hasPassword && text('password'),
          person.hasTotp && text('codes'),
          person.passkeys > 0 && text('passkeys', { count: person.passkeys }),
        ].filter((proof) => proof !== false),
      ) || text('linkOnly');
    return [
      {
        id: 'name',
        title: text('name'),
        track: 'minmax(8rem, 1.5fr)',
        phone: 'title',
        text: personName,
        cell: personName,
      },
      {
        id: 'login',
        title: text('login'),
        track: 'minmax(7rem, 1fr)',
        text: ({ login }) => login,
        cell: ({ login }) => <span className="maille-mono">{login}</span>,
      },
      {
        id: 'role',
        title: text('role'),
        track: 'minmax(8.5rem, 1fr)',
        phone: 'meta',
        text: ({ role }) => text(role),
        cell: ({ role }) => text(role),
      },
      {
        id: 'state',
        title: text('state'),
        track: 'minmax(10.5rem, 1fr)',
        phone: 'meta',
        text: ({ disabled }) => text(disabled ? 'disabled' : 'active'),
        cell: ({ disabled }) => (
          <StateMark tone={disabled ? 'off' : 'calm'} label={text(disabled ? 'disabled' : 'active')} />
        ),
      },
      { id: 'teams', title: text('teams'), track: 'minmax(6rem, 1fr)', text: teamsOf, cell: teamsOf },
      { id: 'proofs', title: text('proofs'), track: 'minmax(9rem, 1.5fr)', text: proofs, cell: proofs },
      {
        id: 'lastSignIn',
        title: text('lastSignIn'),
        track: '10rem',
        text: ({ lastSignInMs }) =>
          lastSignInMs === undefined ? text('never') : format.dateTime(lastSignInMs),
        sortKey: ({ lastSignInMs }) => -(lastSignInMs ?? 0),
        cell: ({ lastSignInMs }) => (lastSignInMs === undefined ? text('never') : <Ago ms={lastSignInMs} />),
      },
      {
        id: 'actions',
        title: text('actions'),
        track: '5rem',
        phone: 'end',
        text: () => '',
        cell: (person) => (
          <PersonMenu
            person={person}
            isLastAdmin={person.id === lastAdmin}
            onEdit={() => setEditing(person)}
            onLink={setLink}
          />
        ),
      },
    ];
  }, [text, format, teams, lastAdmin]);

  return (
    <>
      <PageHead title={text('title')} lede={text('lede')}>
        <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
          {text('add')}
        </Button>
      </PageHead>
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={app('loading')} />}
      <Stack gap="lg">
        {data && (
          <DataTable
            id="people"
            name={text('title')}
            rows={people}
            rowId={byId}
            rowName={personName}
            columns={columns}
            filter={filter}
            onFilter={setFilter}
            sort={sort}
            onSort={setSort}
            maxHeight="32rem"
          />
        )}
        <TeamsSection />
      </Stack>
      <PersonDialog
        opened={add !== undefined || editing !== undefined}
        person={editing}
        isLastAdmin={editing !== undefined && editing.id === lastAdmin}
        onClose={() => {
          setEditing(undefined);
          if (add !== undefined) setAdding(false);
        }}
        onLink={setLink}
      />
      <LinkDialog link={link} onClose={() => setLink(undefined)} />
    </>
  );
}
