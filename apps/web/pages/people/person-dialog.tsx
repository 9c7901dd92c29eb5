/** Adding a person, which gives a sign-in link for them, and changing one. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { changePerson, createPerson, type Person } from '@maille/wire/rest/people';
import { type Role, roles } from '@maille/wire/rest/route';
import { Button, Group, Modal, MultiSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { asProblem, ProblemAlert, sentence } from '../../app/problem-text.tsx';
import { useTeamsQuery } from '../targets/teams-query.ts';
import type { MadeLink } from './link-dialog.tsx';
import { peopleText } from './people-text.ts';

interface PersonDialogProps {
  opened: boolean;
  /** Absent: somebody new. */
  person: Person | undefined;
  isLastAdmin: boolean;
  onClose: () => void;
  onLink: (link: MadeLink) => void;
}

export function PersonDialog(props: PersonDialogProps) {
  const text = useText(peopleText);
  const app = useText(appText);
  const { opened, person, onClose } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={person ? text('editTitle', { name: person.name || person.login }) : text('add')}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {opened && <PersonForm {...props} />}
    </Modal>
  );
}

function PersonForm({ person, isLastAdmin, onClose, onLink }: PersonDialogProps) {
  const text = useText(peopleText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const { data: teams } = useQuery(useTeamsQuery());
  const [login, setLogin] = useState(person?.login ?? '');
  const [name, setName] = useState(person?.name ?? '');
  const [role, setRole] = useState<Role>(person?.role ?? 'viewer');
  const [teamIds, setTeamIds] = useState(person?.teamIds ?? []);
  const [error, setError] = useState<unknown>();
  const problem = error === undefined ? undefined : asProblem(error);
  const atLogin = problem?.field === '/login';
  const renew = () => queries.invalidateQueries({ queryKey: ['people'] });

  const attempt = async <T,>(run: () => Promise<T>): Promise<T> => {
    try {
      const result = await run();
      await renew();
      return result;
    } catch (cause) {
      setError(cause);
      throw cause;
    }
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    const who = name.trim() || login;
    if (person) {
      const params = { id: person.id };
      const before = { name: person.name, role: person.role, teamIds: person.teamIds };
      const saved = await act({
        doing: text('saving', { name: who }),
        run: () =>
          attempt(() =>
            call(changePerson, {
              params,
              body: { name: name.trim(), teamIds, ...(!isLastAdmin && { role }) },
            }),
          ),
        done: () => text('saved', { name: who }),
        undo: async () => {
          await call(changePerson, { params, body: before });
          await renew();
        },
      });
      if (saved) onClose();
      return;
    }
    const made = await act({
      doing: text('adding', { name: who }),
      run: () =>
        attempt(() => call(createPerson, { body: { login, name: name.trim() || login, role, teamIds } })),
      done: () => text('added', { name: who }),
    });
    if (!made) return;
    onClose();
    onLink({ name: who, ...made.signInLink });
  };

  return (
    <form onSubmit={(event) => void onSubmit(event)}>
      <Stack gap="md">
        {!person && (
          <TextInput
            data-autofocus
            label={text('login')}
            description={text('loginHint')}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            maxLength={64}
            value={login}
            error={atLogin && problem && sentence(problem.message)}
            onChange={(event) =>
              setLogin(event.currentTarget.value.toLowerCase().replaceAll(/[^a-z0-9._@-]/g, ''))
            }
          />
        )}
        <TextInput
          label={text('name')}
          autoComplete="off"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group
          label={text('role')}
          value={role}
          onChange={(value) => setRole(value as Role)}
          description={isLastAdmin ? text('lastAdmin') : undefined}
        >
          <Stack gap="xs" mt="xs">
            {roles.map((one) => (
              <Radio
                key={one}
                value={one}
                label={text(one)}
                description={text(`${one}Hint`)}
                disabled={isLastAdmin}
              />
            ))}
          </Stack>
        </Radio.Group>
        {teams && teams.teams.length > 0 && (
          <MultiSelect
            label={text('teams')}
            data={teams.teams.map((team) => ({ value: String(team.id), label: team.name }))}
            value={teamIds.map(String)}
            onChange={(ids) => setTeamIds(ids.map(Number))}
          />
        )}
        {problem && !atLogin && <ProblemAlert error={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {app('cancel')}
          </Button>
          <Button type="submit" disabled={!person && login === ''}>
            {person ? app('save') : text('add')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
