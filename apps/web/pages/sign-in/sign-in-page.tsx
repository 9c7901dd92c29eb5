/** The way in: a link that works once, a password with a one-time code, or a passkey. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { Mark } from '@maille/ui/mark/mark.tsx';
import type { Me } from '@maille/wire/rest/people';
import { signInByLink } from '@maille/wire/rest/people';
import { Alert, Button, Group, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { CommandLine } from '../../app/command-line.tsx';
import { asProblem, ProblemAlert } from '../../app/problem-text.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { PasswordForm } from './password-form.tsx';
import classes from './sign-in.module.css';
import { signInText } from './sign-in-text.ts';

/** Prints a link for the person who runs the server: see `maille help sign-in-link`. */
const LINK_COMMAND = 'maille sign-in-link';

interface SignInProps {
  linkToken: string | undefined;
  onDone: (me: Me) => void;
  onLinkRefused: () => void;
}

export function SignInPage({ linkToken, onDone, onLinkRefused }: SignInProps) {
  const text = useText(signInText);
  return (
    <main className={classes.page}>
      <Paper className={classes.card} withBorder p="xl">
        <Group gap="sm" mb="lg" wrap="nowrap">
          <Mark size={32} />
          <Title order={1}>{text('title')}</Title>
        </Group>
        {linkToken === undefined ? (
          <Stack gap="lg">
            <PasswordForm onDone={onDone} />
            <Stack gap={4}>
              <Text size="sm" c="dimmed">
                {text('lockedOut')}
              </Text>
              <CommandLine command={LINK_COMMAND} />
            </Stack>
          </Stack>
        ) : (
          <LinkExchange token={linkToken} onDone={onDone} onRefused={onLinkRefused} />
        )}
      </Paper>
      <LanguageChoice />
    </main>
  );
}

function LinkExchange(props: { token: string; onDone: (me: Me) => void; onRefused: () => void }) {
  const text = useText(signInText);
  const call = useCall();
  const [error, setError] = useState<unknown>();
  const used = useRef(false);
  const { token, onDone } = props;
  useEffect(() => {
    if (used.current) return; // the link works once, an effect may run twice
    used.current = true;
    call(signInByLink, { body: { token } }).then(({ me }) => onDone(me), setError);
  }, [call, token, onDone]);

  if (error === undefined)
    return (
      <Group role="status" gap="sm">
        <Loader size="sm" aria-hidden />
        <Text>{text('byLink')}</Text>
      </Group>
    );
  const problem = asProblem(error);
  const worn = problem.code !== 'unavailable' && problem.code !== 'too-many' && problem.code !== 'internal';
  return (
    <Stack gap="md">
      {worn ? (
        <Alert
          color="yellow"
          variant="light"
          icon={<Icon name="key" />}
          title={text('linkRefused')}
          role="alert"
        >
          <Stack gap="sm">
            <span>{text('linkRefusedDetail')}</span>
            <span>{text('newLink')}</span>
            <CommandLine command={LINK_COMMAND} />
          </Stack>
        </Alert>
      ) : (
        <ProblemAlert error={error} />
      )}
      <Button onClick={props.onRefused}>{text('goOn')}</Button>
    </Stack>
  );
}
