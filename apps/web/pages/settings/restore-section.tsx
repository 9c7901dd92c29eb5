/** Going back to a backup: what it does is said before, how far it is while it runs, what was reached after. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { getHealth } from '@maille/wire/rest/people';
import { Button, FileButton, Progress, Stack, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { sendBackup } from '../../app/backup-stream.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMe } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import { TypedConfirm } from '../../parts/typed-confirm.tsx';
import { settingsText } from './settings-text.ts';

type Stage =
  | { at: 'idle' }
  | { at: 'sending'; ratio: number }
  | { at: 'restarting'; keptAt: string }
  | { at: 'back' };

const ASK_AGAIN_MS = 1_000;
/** The server tells whole seconds of its uptime: two answers of one life differ by less. */
const SURELY_LATER_MS = 2_000;

export function RestoreSection() {
  const text = useText(settingsText);
  const format = useFormat();
  const call = useCall();
  const { csrf } = useMe();
  const [file, setFile] = useState<File | null>(null);
  const [stage, setStage] = useState<Stage>({ at: 'idle' });
  const [error, setError] = useState<unknown>();
  const reset = useRef<() => void>(null);

  const waitForServer = (startedBeforeMs: number) => {
    const ask = () => {
      const askedMs = Date.now(); // before the answer: a slow one must not look like a later start
      call(getHealth).then(
        ({ uptimeSeconds }) => {
          const startedMs = askedMs - uptimeSeconds * 1_000;
          if (startedMs - startedBeforeMs < SURELY_LATER_MS) return void setTimeout(ask, ASK_AGAIN_MS);
          setStage({ at: 'back' });
          location.reload();
        },
        () => void setTimeout(ask, ASK_AGAIN_MS),
      );
    };
    ask();
  };
  const start = async (chosen: File) => {
    setFile(null);
    setError(undefined);
    setStage({ at: 'sending', ratio: 0 });
    try {
      const { uptimeSeconds } = await call(getHealth);
      const startedMs = Date.now() - uptimeSeconds * 1_000;
      const { keptAt } = await sendBackup(csrf, chosen, (ratio) => setStage({ at: 'sending', ratio }));
      setStage({ at: 'restarting', keptAt });
      waitForServer(startedMs);
    } catch (cause) {
      setStage({ at: 'idle' });
      setError(cause);
    }
  };

  return (
    <Section title={text('restore')} lede={text('restoreLede')}>
      <Stack gap="sm">
        {stage.at === 'idle' ? (
          <FileButton onChange={setFile} accept=".tar,application/x-tar" resetRef={reset}>
            {(button) => (
              <Button {...button} variant="default" style={{ alignSelf: 'flex-start' }}>
                {text('chooseFile')}
              </Button>
            )}
          </FileButton>
        ) : (
          <Stack gap="xs" role="status">
            <Text size="sm">
              {stage.at === 'sending' && text('sending', { percent: format.percent(stage.ratio) })}
              {stage.at === 'restarting' && `${text('restarting')} ${text('keptAt', { path: stage.keptAt })}`}
              {stage.at === 'back' && text('restoredPage')}
            </Text>
            <Progress
              aria-label={text('restore')}
              value={stage.at === 'sending' ? stage.ratio * 100 : 100}
              animated={stage.at === 'restarting'}
            />
          </Stack>
        )}
        {error !== undefined && <ProblemAlert error={error} />}
      </Stack>
      <TypedConfirm
        opened={file !== null}
        onClose={() => {
          setFile(null);
          reset.current?.(); // the same file may be chosen again
        }}
        title={text('restoreTitle', { name: file?.name ?? '' })}
        warning={text('restoreWarning')}
        label={text('restoreWord')}
        name="restore"
        action={text('restoreAction')}
        onConfirm={() => file && void start(file)}
      />
    </Section>
  );
}
