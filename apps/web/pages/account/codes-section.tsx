import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { beginTotp, confirmTotp, removeTotp } from '@maille/wire/rest/people';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { CommandLine } from '../../app/command-line.tsx';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMe } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { accountText } from './account-text.ts';
import { QrCode } from './qr-code.tsx';
import { useRenewMe } from './use-renew-me.ts';

export function CodesSection() {
  const text = useText(accountText);
  const call = useCall();
  const act = useAction();
  const renew = useRenewMe();
  const { person } = useMe();
  const [begun, setBegun] = useState<{ secret: string; uri: string }>();
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>();

  const begin = () => call(beginTotp).then(setBegun, setError);
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    void act({
      doing: text('saving'),
      run: async () => {
        await call(confirmTotp, { body: { code } });
        await renew();
        return true;
      },
      done: () => text('codesTurnedOn'),
    }).then((done) => {
      setCode('');
      if (done) setBegun(undefined);
    });
  };
  const remove = () =>
    void act({
      doing: text('saving'),
      run: async () => {
        await call(removeTotp);
        await renew();
      },
      done: () => text('codesTurnedOff'),
    });

  return (
    <Section title={text('codes')} lede={text('codesLede')}>
      <Stack gap="md" align="flex-start">
        <StateMark
          tone={person.hasTotp ? 'calm' : 'off'}
          label={text(person.hasTotp ? 'codesOn' : 'codesOff')}
        />
        {person.hasTotp && (
          <Button variant="default" onClick={remove}>
            {text('codesRemove')}
          </Button>
        )}
        {!person.hasTotp && !begun && (
          <>
            {!person.hasPassword && <Text size="sm">{text('codesNeedPassword')}</Text>}
            <Button variant="default" disabled={!person.hasPassword} onClick={() => void begin()}>
              {text('codesStart')}
            </Button>
          </>
        )}
        {!person.hasTotp && begun && (
          <form onSubmit={confirm} style={{ width: '100%' }}>
            <Group gap="lg" align="flex-start">
              <QrCode content={begun.uri} label={text('qr')} />
              <Stack gap="md" style={{ flex: '1 1 16rem', maxWidth: '26rem' }}>
                <Text size="sm">{text('codesScan')}</Text>
                <CommandLine command={begun.secret} label={text('codesKey')} />
                <TextInput
                  label={text('codesFirst')}
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  maxLength={6}
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value.replaceAll(/\D/g, ''))}
                />
                <Button type="submit" disabled={code.length !== 6} style={{ alignSelf: 'flex-start' }}>
                  {text('codesConfirm')}
                </Button>
              </Stack>
            </Group>
          </form>
        )}
        {error !== undefined && <ProblemAlert error={error} />}
      </Stack>
    </Section>
  );
}
