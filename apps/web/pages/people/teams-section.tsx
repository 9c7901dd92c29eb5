import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { createTeam, deleteTeam, type Team } from '@maille/wire/rest/people';
import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { Section } from '../../parts/section.tsx';
import { TypedConfirm } from '../../parts/typed-confirm.tsx';
import { teamsKey, useTeamsQuery } from '../targets/teams-query.ts';
import { peopleText } from './people-text.ts';

export function TeamsSection() {
  const text = useText(peopleText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const { data } = useQuery(useTeamsQuery());
  const [name, setName] = useState('');
  const [removing, setRemoving] = useState<Team>();
  const renew = () => queries.invalidateQueries({ queryKey: teamsKey });

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void act({
      doing: text('addingTeam'),
      run: async () => {
        const team = await call(createTeam, { body: { name: name.trim() } });
        await renew();
        return team;
      },
      done: () => text('teamAdded'),
      undo: async (team) => {
        await call(deleteTeam, { params: { id: team.id } });
        await renew();
      },
    }).then((team) => team && setName(''));
  };
  const remove = (team: Team) =>
    void act({
      doing: text('removingTeam', { name: team.name }),
      run: async () => {
        await call(deleteTeam, { params: { id: team.id } });
        await renew();
      },
      done: () => text('teamRemoved', { name: team.name }),
    });
  return (
    <Section title={text('teamsTitle')} lede={text('teamsLede')}>
      <Stack gap="sm">
        {data?.teams.length === 0 && (
          <Text size="sm" c="dimmed">
            {text('noTeams')}
          </Text>
        )}
        {data?.teams.map((team) => (
          <Group key={team.id} justify="space-between" maw="28rem">
            <Text style={{ overflowWrap: 'anywhere', flex: 1 }}>{team.name}</Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={text('removeTeam', { name: team.name })}
              onClick={() => setRemoving(team)}
            >
              <Icon name="trash" />
            </ActionIcon>
          </Group>
        ))}
        <form onSubmit={onSubmit}>
          <Group gap="sm">
            <TextInput
              aria-label={text('teamName')}
              placeholder={text('teamName')}
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              style={{ flex: '1 1 10rem', maxWidth: '20rem' }}
            />
            <Button type="submit" variant="default" disabled={name.trim() === ''}>
              {text('addTeam')}
            </Button>
          </Group>
        </form>
      </Stack>
      <TypedConfirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={text('removeTitle', { name: removing?.name ?? '' })}
        warning={text('teamRemoved', { name: removing?.name ?? '' })}
        label={app('typeName', { name: removing?.name ?? '' })}
        name={removing?.name ?? ''}
        action={text('removeAction')}
        onConfirm={() => {
          if (removing) remove(removing);
          setRemoving(undefined);
        }}
      />
    </Section>
  );
}
