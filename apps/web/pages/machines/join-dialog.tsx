/** A join command made in one step, and the tokens that still work. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { createJoinToken, deleteJoinToken, listJoinTokens } from '@maille/wire/rest/machines';
import {
  Button,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { CommandLine } from '../../app/command-line.tsx';
import { machinesText } from './machines-text.ts';

const lifetimes = [
  { seconds: 3_600, word: 'hour' },
  { seconds: 86_400, word: 'day' },
  { seconds: 7 * 86_400, word: 'week' },
  { seconds: 30 * 86_400, word: 'month' },
] as const;

export function JoinDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const text = useText(machinesText);
  const app = useText(appText);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={text('joinTitle')}
      size="lg"
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {opened && <JoinForm />}
    </Modal>
  );
}

function JoinForm() {
  const text = useText(machinesText);
  const format = useFormat();
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [uses, setUses] = useState<number | string>(1);
  const [seconds, setSeconds] = useState('3600');
  const [command, setCommand] = useState<string>();
  const { data } = useQuery({
    queryKey: ['join-tokens'],
    queryFn: ({ signal }) => call(listJoinTokens, { signal }),
  });
  const renew = () => queries.invalidateQueries({ queryKey: ['join-tokens'] });

  const make = () =>
    void act({
      doing: text('makingToken'),
      run: () =>
        call(createJoinToken, {
          body: { expiresInSeconds: Number(seconds), uses: Number(uses) || 1, ...(note !== '' && { note }) },
        }),
      done: () => text('madeToken'),
    }).then((made) => {
      if (made) setCommand(made.command);
      return renew();
    });
  const withdraw = (id: number) =>
    void act({
      doing: text('withdrawing'),
      run: () => call(deleteJoinToken, { params: { id } }),
      done: () => text('withdrawn'),
    }).then(renew);

  return (
    <Stack gap="md">
      <Text size="sm">{text('joinLede')}</Text>
      {command === undefined ? (
        <Stack gap="sm">
          <Group gap="md" align="flex-end">
            <TextInput
              label={text('joinNote')}
              placeholder={text('joinNoteHint')}
              value={note}
              maxLength={200}
              onChange={(event) => setNote(event.currentTarget.value)}
              style={{ flex: '1 1 14rem' }}
            />
            <NumberInput
              label={text('joinUses')}
              w={110}
              min={1}
              max={10_000}
              value={uses}
              onChange={setUses}
            />
          </Group>
          <Stack gap={4}>
            <Text size="sm" fw={500} id="join-expires">
              {text('joinExpires')}
            </Text>
            <SegmentedControl
              aria-labelledby="join-expires"
              value={seconds}
              onChange={setSeconds}
              data={lifetimes.map(({ seconds: value, word }) => ({
                value: String(value),
                label: text(word),
              }))}
            />
          </Stack>
          <Button onClick={make} style={{ alignSelf: 'flex-start' }} data-autofocus>
            {text('makeToken')}
          </Button>
        </Stack>
      ) : (
        <Stack gap="xs">
          <CommandLine command={command} label={text('joinTitle')} />
          <Text size="sm" c="dimmed">
            {text('shownOnce')}
          </Text>
        </Stack>
      )}
      <Title order={3}>{text('joinTokens')}</Title>
      {data?.joinTokens.length ? (
        <Stack gap="xs">
          {data.joinTokens.map((token) => (
            <Group key={token.id} justify="space-between" gap="sm">
              <Stack gap={0} style={{ flex: 1, minWidth: 0 }}>
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {token.note || `#${token.id}`}
                </Text>
                <Text size="xs" c="dimmed">
                  {text('usesLeft', { count: token.usesLeft })} ·{' '}
                  {text('expires', { time: format.dateTime(token.expiresAtMs) })} · {token.createdBy}
                </Text>
              </Stack>
              <Button variant="default" size="compact-sm" onClick={() => withdraw(token.id)}>
                {text('withdraw')}
              </Button>
            </Group>
          ))}
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {text('noTokens')}
        </Text>
      )}
    </Stack>
  );
}
