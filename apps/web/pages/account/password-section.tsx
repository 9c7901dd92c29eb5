import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { setMyPassword } from '@maille/wire/rest/people';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { asProblem, ProblemAlert, sentence } from '../../app/problem-text.tsx';
import { useMe } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import { accountText } from './account-text.ts';
import { useRenewMe } from './use-renew-me.ts';

const LEAST = 12;

export function PasswordSection() {
  const text = useText(accountText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const renew = useRenewMe();
  const { person, mayResetPassword } = useMe();
  const asksCurrent = person.hasPassword && !mayResetPassword;
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<unknown>();
  const lacks = LEAST - [...next].length;
  const problem = error === undefined ? undefined : asProblem(error);
  const atCurrent = problem?.field === '/current';
  const atNext = problem?.field === '/next';

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    void act({
      doing: text('saving'),
      run: async () => {
        try {
          await call(setMyPassword, { body: { next, ...(asksCurrent && { current }) } });
          await renew();
        } catch (cause) {
          setError(cause);
          throw cause;
        }
        return true;
      },
      done: () => text(mayResetPassword ? 'passwordReset' : 'passwordSet'),
    }).then((done) => {
      if (!done) return;
      setCurrent('');
      setNext('');
    });
  };
  return (
    <Section title={text('password')}>
      <form onSubmit={onSubmit}>
        <Stack gap="md" maw="24rem">
          {!person.hasPassword && <Text size="sm">{text('noPassword')}</Text>}
          {mayResetPassword && <Text size="sm">{text('reset')}</Text>}
          {/* Password managers file the new password under this name. */}
          <input type="hidden" name="username" autoComplete="username" value={person.login} readOnly />
          {asksCurrent && (
            <PasswordInput
              label={text('current')}
              visibilityToggleButtonProps={{ 'aria-label': app('showPassword') }}
              autoComplete="current-password"
              value={current}
              error={atCurrent && problem && sentence(problem.message)}
              onChange={(event) => setCurrent(event.currentTarget.value)}
            />
          )}
          <PasswordInput
            label={text('next')}
            visibilityToggleButtonProps={{ 'aria-label': app('showPassword') }}
            description={text('passwordHint')}
            autoComplete="new-password"
            value={next}
            error={
              (atNext && problem && sentence(problem.message)) ||
              (next !== '' && lacks > 0 && text('tooShort', { count: lacks }))
            }
            onChange={(event) => setNext(event.currentTarget.value)}
          />
          {problem && !atCurrent && !atNext && <ProblemAlert error={problem} />}
          <Button
            type="submit"
            style={{ alignSelf: 'flex-start' }}
            disabled={lacks > 0 || (asksCurrent && current === '')}
          >
            {text('setPassword')}
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
