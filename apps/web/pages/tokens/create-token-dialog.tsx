import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { type ApiToken, createToken } from '@maille/wire/rest/people';
import { scopes } from '@maille/wire/rest/route';
import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { CommandLine } from '../../app/command-line.tsx';
import { tokensText } from './tokens-text.ts';

type TokenScope = ApiToken['scopes'][number];
const DAY_SECONDS = 86_400;
const lifetimes = [
  { days: 30, word: 'month' },
  { days: 90, word: 'quarter' },
  { days: 365, word: 'year' },
  { days: 0, word: 'never' },
] as const;

export function CreateTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const text = useText(tokensText);
  const app = useText(appText);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={text('create')}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {opened && <CreateTokenForm onClose={onClose} />}
    </Modal>
  );
}

function CreateTokenForm({ onClose }: { onClose: () => void }) {
  const text = useText(tokensText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [chosen, setChosen] = useState<readonly TokenScope[]>(['machines:read', 'targets:read']);
  const [secret, setSecret] = useState<string>();

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void act({
      doing: text('creating'),
      run: () =>
        call(createToken, {
          body: {
            name: name.trim(),
            scopes: [...chosen],
            ...(days > 0 && { expiresInSeconds: days * DAY_SECONDS }),
          },
        }),
      done: () => text('createdDone'),
    }).then((made) => {
      if (made) setSecret(made.secret);
      return queries.invalidateQueries({ queryKey: ['my-tokens'] });
    });
  };
  if (secret !== undefined)
    return (
      <Stack gap="md">
        <CommandLine command={secret} label={text('title')} />
        <Text size="sm">{text('shownOnce')}</Text>
        <CommandLine command={`Authorization: Bearer ${secret}`} />
        <Button onClick={onClose} style={{ alignSelf: 'flex-end' }}>
          {app('close')}
        </Button>
      </Stack>
    );
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        <TextInput
          data-autofocus
          label={text('name')}
          description={text('nameHint')}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Table aria-label={text('scopes')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{text('scopes')}</Table.Th>
              <Table.Th>{text('read')}</Table.Th>
              <Table.Th>{text('write')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {scopes.map((part) => (
              <Table.Tr key={part}>
                <Table.Td>{text(part)}</Table.Td>
                {(['read', 'write'] as const).map((right) => {
                  const scope = `${part}:${right}` as TokenScope;
                  return (
                    <Table.Td key={right}>
                      <Checkbox
                        size="xs"
                        aria-label={`${text(part)}: ${text(right)}`}
                        checked={chosen.includes(scope)}
                        onChange={(event) =>
                          setChosen(
                            event.currentTarget.checked
                              ? [...chosen, scope]
                              : chosen.filter((one) => one !== scope),
                          )
                        }
                      />
                    </Table.Td>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {chosen.length === 0 && (
          <Text size="sm" c="var(--maille-severe)" role="alert">
            {text('chooseScope')}
          </Text>
        )}
        <NativeSelect
          label={text('expires')}
          value={String(days)}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
          data={lifetimes.map((lifetime) => ({ value: String(lifetime.days), label: text(lifetime.word) }))}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {app('cancel')}
          </Button>
          <Button type="submit" disabled={name.trim() === '' || chosen.length === 0}>
            {text('create')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
