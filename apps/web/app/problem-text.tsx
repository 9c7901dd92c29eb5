/** A Problem for people: what kind in their language, the server's own sentence, and the remedy to copy. */
import { Problem, type ProblemCode } from '@maille/base/problem';
import { Icon } from '@maille/ui/icon/icon.tsx';
import type { Text } from '@maille/ui/language/language.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { Alert, Stack } from '@mantine/core';
import { appText } from './app-text.ts';
import { CommandLine } from './command-line.tsx';

const titles = {
  invalid: 'problemInvalid',
  unauthenticated: 'problemUnauthenticated',
  forbidden: 'problemForbidden',
  'not-found': 'problemNotFound',
  conflict: 'problemConflict',
  'too-large': 'problemTooLarge',
  'too-many': 'problemTooMany',
  unavailable: 'problemUnavailable',
  unsupported: 'problemUnsupported',
  internal: 'problemInternal',
} as const satisfies Record<ProblemCode, keyof (typeof appText)['en']>;

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal', error instanceof Error ? error.message : String(error));
}

export function problemTitle(text: Text<(typeof appText)['en']>, problem: Problem): string {
  return text(titles[problem.code]);
}

/** The server's sentences begin in lower case, to follow a colon in logs. */
export function sentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…。]$/.test(first) ? first : `${first}.`;
}

/** A remedy is a command where it begins like one; else it is a sentence. */
export function isCommand(remedy: string): boolean {
  return /^(sudo |su -c |npm |node |maille |apt |systemctl |sysctl |ip |chmod |chown |ulimit |du |\.?\/)/.test(
    remedy,
  );
}

export function ProblemAlert({ error }: { error: unknown }) {
  const text = useText(appText);
  const problem = asProblem(error);
  return (
    <Alert
      color="red"
      variant="light"
      icon={<Icon name="warning" />}
      title={problemTitle(text, problem)}
      role="alert"
    >
      <Stack gap="xs">
        <span>{sentence(problem.message)}</span>
        {problem.retryAfterSeconds !== undefined && (
          <span>{text('waitSeconds', { count: Math.ceil(problem.retryAfterSeconds) })}</span>
        )}
        {problem.remedy !== undefined &&
          (isCommand(problem.remedy) ? (
            <CommandLine command={problem.remedy} />
          ) : (
            <span>{problem.remedy}</span>
          ))}
      </Stack>
    </Alert>
  );
}
