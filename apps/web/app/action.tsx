/**
 * Doing something that changes the world: it shows that it runs, then the state reached with a way back
 * where there is one, or the Problem with its remedy.
 */

import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback } from 'react';
import { appText } from './app-text.ts';
import { CommandLine } from './command-line.tsx';
import { asProblem, isCommand, problemTitle, sentence } from './problem-text.tsx';

export interface ActionSteps<T> {
  /** While it runs. */
  doing: string;
  run: () => Promise<T>;
  /** The state reached. */
  done: (result: T) => string;
  /** What takes it back, where that is possible. */
  undo?: (result: T) => Promise<unknown>;
}

export type RunAction = <T>(steps: ActionSteps<T>) => Promise<T | undefined>;

const UNDO_MS = 12_000;
let serial = 0;

export function useAction(): RunAction {
  const text = useText(appText);
  return useCallback(
    async (steps) => {
      const id = `action-${serial++}`;
      // Quick answers do not flash: what runs is shown after a moment.
      const timer = setTimeout(
        () =>
          notifications.show({
            id,
            message: steps.doing,
            loading: true,
            autoClose: false,
            withCloseButton: false,
          }),
        250,
      );
      const say = (content: Parameters<typeof notifications.show>[0]) => {
        clearTimeout(timer);
        notifications.hide(id);
        notifications.show(content);
      };
      const fail = (error: unknown) => {
        const problem = asProblem(error);
        say({
          color: 'red',
          icon: <Icon name="warning" />,
          title: problemTitle(text, problem),
          autoClose: 15_000,
          message: (
            <Stack gap="xs">
              <span>{sentence(problem.message)}</span>
              {problem.remedy &&
                (isCommand(problem.remedy) ? (
                  <CommandLine command={problem.remedy} />
                ) : (
                  <span>{problem.remedy}</span>
                ))}
            </Stack>
          ),
        });
      };
      try {
        const result = await steps.run();
        const { undo } = steps;
        const doneId = `${id}-done`;
        say({
          id: doneId,
          icon: <Icon name="check" />,
          autoClose: undo ? UNDO_MS : 4_000,
          message: (
            <Group justify="space-between" gap="sm" wrap="nowrap">
              <Text size="sm" miw={0} style={{ overflowWrap: 'anywhere' }}>
                {steps.done(result)}
              </Text>
              {undo && (
                <Button
                  variant="light"
                  size="compact-sm"
                  flex="none"
                  onClick={() => {
                    notifications.hide(doneId);
                    undo(result).then(
                      () =>
                        notifications.show({
                          icon: <Icon name="check" />,
                          message: text('undone'),
                          autoClose: 3_000,
                        }),
                      fail,
                    );
                  }}
                >
                  {text('undo')}
                </Button>
              )}
            </Group>
          ),
        });
        return result;
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    [text],
  );
}
