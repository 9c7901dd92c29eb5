import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { addPasskey, beginPasskey, listMyPasskeys, removePasskey } from '@maille/wire/rest/people';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Section } from '../../parts/section.tsx';
import { accountText } from './account-text.ts';
import { useRenewMe } from './use-renew-me.ts';

const key = ['my-passkeys'];

export function PasskeysSection() {
  const text = useText(accountText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const renewMe = useRenewMe();
  const [name, setName] = useState('');
  const { data } = useQuery({ queryKey: key, queryFn: ({ signal }) => call(listMyPasskeys, { signal }) });
  const renew = async () => {
    await queries.invalidateQueries({ queryKey: key });
    await renewMe();
  };

  const add = () =>
    void act({
      doing: text('addingPasskey'),
      run: async () => {
        const [{ startRegistration }, begun] = await Promise.all([
          import('@simplewebauthn/browser'),
          call(beginPasskey),
        ]);
        let response: unknown;
        try {
          response = await startRegistration({ optionsJSON: begun.options as never });
        } catch (cause) {
          throw new Error(text('passkeyRefused'), { cause });
        }
        const body = {
          challengeId: begun.challengeId,
          response,
          ...(name.trim() !== '' && { name: name.trim() }),
        };
        await call(addPasskey, { body });
        setName('');
        await renew();
      },
      done: () => text('passkeyAdded'),
    });
  const remove = (id: string) =>
    void act({
      doing: text('removing'),
      run: async () => {
        await call(removePasskey, { params: { id } });
        await renew();
      },
      done: () => text('passkeyRemoved'),
    });

  const supported = 'PublicKeyCredential' in window;
  return (
    <Section title={text('passkeys')} lede={text('passkeysLede')}>
      <Stack gap="md">
        {data?.passkeys.map((passkey) => (
          <Group key={passkey.id} justify="space-between" gap="sm">
            <Stack gap={0} style={{ minWidth: 0 }}>
              <Text style={{ overflowWrap: 'anywhere' }}>{passkey.name}</Text>
              <Text size="sm" c="dimmed">
                <Ago ms={passkey.createdAtMs} />
                {' · '}
                {passkey.lastUsedMs === undefined ? text('never') : <Ago ms={passkey.lastUsedMs} />}
              </Text>
            </Stack>
            <Button variant="default" size="compact-md" onClick={() => remove(passkey.id)}>
              {text('remove')}
            </Button>
          </Group>
        ))}
        {data?.passkeys.length === 0 && (
          <Text size="sm" c="dimmed">
            {text('noPasskeys')}
          </Text>
        )}
        {supported ? (
          <Group gap="sm" align="flex-end">
            <TextInput
              aria-label={text('passkeyName')}
              placeholder={text('passkeyName')}
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              style={{ flex: '1 1 12rem', maxWidth: '18rem' }}
            />
            <Button variant="default" onClick={add}>
              {text('addPasskey')}
            </Button>
          </Group>
        ) : (
          <Text size="sm">{text('passkeysUnsupported')}</Text>
        )}
      </Stack>
    </Section>
  );
}
