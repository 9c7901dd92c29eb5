import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import type { Me } from '@maille/wire/rest/people';
import { beginPasskeySignIn, signIn, signInByPasskey } from '@maille/wire/rest/people';
import { Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { signInText } from './sign-in-text.ts';

export function PasswordForm({ onDone }: { onDone: (me: Me) => void }) {
  const text = useText(signInText);
  const app = useText(appText);
  const call = useCall();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const [busy, setBusy] = useState<'password' | 'passkey'>();
  const [error, setError] = useState<unknown>();
  const codeField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (needsCode) codeField.current?.focus();
  }, [needsCode]);

  const attempt = async (kind: 'password' | 'passkey', run: () => Promise<void>) => {
    setBusy(kind);
    setError(undefined);
    try {
      await run();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(undefined);
    }
  };

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void attempt('password', async () => {
      const body = { login: login.trim().toLowerCase(), password, ...(code !== '' && { totp: code }) };
      const answer = await call(signIn, { body });
      if ('me' in answer) onDone(answer.me);
      else setNeedsCode(true);
    });
  };

  const onPasskey = () =>
    void attempt('passkey', async () => {
      const [{ startAuthentication }, begun] = await Promise.all([
        import('@simplewebauthn/browser'),
        call(beginPasskeySignIn),
      ]);
      let response: unknown;
      try {
        response = await startAuthentication({ optionsJSON: begun.options as never });
      } catch (cause) {
        throw new Error(text('passkeyCancelled'), { cause });
      }
      const { me } = await call(signInByPasskey, { body: { challengeId: begun.challengeId, response } });
      onDone(me);
    });

  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        <TextInput
          label={text('login')}
          autoComplete="username webauthn"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <PasswordInput
          label={text('password')}
          visibilityToggleButtonProps={{ 'aria-label': app('showPassword') }}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {needsCode && (
          <TextInput
            ref={codeField}
            label={text('code')}
            description={text('codeHint')}
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="[0-9]{6}"
            maxLength={6}
            required
            withAsterisk={false}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        {error !== undefined && <ProblemAlert error={error} />}
        <Button type="submit" loading={busy === 'password'} disabled={busy === 'passkey'}>
          {text('signIn')}
        </Button>
        {'PublicKeyCredential' in window && (
          <>
            <Divider label={text('or')} />
            <Button
              variant="default"
              leftSection={<Icon name="key" />}
              loading={busy === 'passkey'}
              disabled={busy === 'password'}
              onClick={onPasskey}
            >
              {text('passkey')}
            </Button>
          </>
        )}
      </Stack>
    </form>
  );
}
