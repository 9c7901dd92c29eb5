/** Adding by the thousand: what is pasted is looked at while it is typed; good entries are kept, bad ones listed. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import type { ProbeMethod } from '@maille/wire/probe-method';
import { createTargets, deleteTargets, type TargetChange } from '@maille/wire/rest/targets';
import { Alert, Button, Collapse, Group, Modal, Stack, Textarea, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { ForeignConfirm } from './foreign-confirm.tsx';
import { PastePreview } from './paste-preview.tsx';
import { type ProbeWays, pingOnly, readProbeWays } from './probe-ways.ts';
import { ProbesField } from './probes-field.tsx';
import { AgentsField, IntervalField, isComplete, TagsField, TeamField } from './target-fields.tsx';
import { targetsText } from './targets-text.ts';
import { usePastePreview } from './use-paste-preview.ts';

const noProbes: readonly ProbeMethod[] = [];

export function PasteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const text = useText(targetsText);
  const app = useText(appText);
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={text('pasteTitle')}
      size="xl"
      fullScreen={phone}
      closeButtonProps={{ 'aria-label': app('close') }}
    >
      {opened && <PasteForm onClose={onClose} />}
    </Modal>
  );
}

function PasteForm({ onClose }: { onClose: () => void }) {
  const text = useText(targetsText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const navigate = useNavigate();
  const [entries, setEntries] = useState('');
  const [settings, setSettings] = useState<TargetChange>({});
  const [showSettings, setShowSettings] = useState(false);
  const [leftOver, setLeftOver] = useState(0);
  const [busy, setBusy] = useState(false);
  const [ways, setWays] = useState<ProbeWays>(pingOnly);
  const { probes, complete } = useMemo(() => readProbeWays(ways), [ways]);
  const ready = complete && isComplete(settings.agents);
  // Nothing is counted that will not be added.
  const preview = usePastePreview(entries, ready ? probes : noProbes);
  const [confirmed, setConfirmed] = useState('');
  const foreign = preview.result?.foreign ?? [];
  // Another list of strangers is another question.
  const question = foreign.join(' ');
  const mayAdd = foreign.length === 0 || confirmed === question;
  const set = (part: TargetChange) => setSettings((before) => ({ ...before, ...part }));

  const add = async () => {
    setBusy(true);
    const result = await act({
      doing: text('adding'),
      run: () =>
        call(createTargets, {
          body: { entries, probes, ...settings, ...(foreign.length > 0 && { confirmForeign: mayAdd }) },
        }),
      done: ({ created }) => text('added', { count: created }),
      undo: async ({ ids }) => {
        if (ids.length > 0) await call(deleteTargets, { body: { ids } });
      },
    });
    setBusy(false);
    if (!result) return;
    if (result.refused.length === 0) onClose();
    else {
      // What was left out stays, to be mended.
      setLeftOver(result.refused.length);
      setEntries(result.refused.map(({ entry }) => entry).join('\n'));
    }
  };

  const count = preview.result?.created ?? 0;
  return (
    <Stack gap="md">
      {leftOver > 0 && (
        <Alert
          color="yellow"
          variant="light"
          icon={<Icon name="warning" />}
          title={text('leftOver', { count: leftOver })}
        >
          <Button size="compact-sm" variant="default" onClick={() => void navigate({ to: '/watch' })}>
            {text('openGrid')}
          </Button>
        </Alert>
      )}
      <Textarea
        data-autofocus
        label={text('pasteLabel')}
        description={text('pasteHint')}
        placeholder={text('pastePlaceholder')}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        autosize
        minRows={leftOver > 0 ? 3 : 5}
        maxRows={12}
        spellCheck={false}
        value={entries}
        onChange={(event) => setEntries(event.currentTarget.value)}
      />
      <ProbesField value={ways} onChange={setWays} />
      <PastePreview preview={preview} />
      {foreign.length > 0 && (
        <ForeignConfirm
          foreign={foreign}
          count={preview.result?.foreignCount ?? foreign.length}
          confirmed={mayAdd}
          onChange={(yes) => setConfirmed(yes ? question : '')}
        />
      )}
      <UnstyledButton
        onClick={() => setShowSettings(!showSettings)}
        aria-expanded={showSettings}
        style={{ display: 'flex', gap: '0.5rem', alignItems: 'center', flexWrap: 'wrap' }}
      >
        <Icon name={showSettings ? 'down' : 'right'} />
        <strong>{text('settings')}</strong>
        <span className="maille-dimmed">{text('settingsHint')}</span>
      </UnstyledButton>
      <Collapse expanded={showSettings}>
        <Stack gap="md">
          <Group gap="md" align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
            <TagsField value={settings.tags ?? []} onChange={(tags) => set({ tags })} />
            <TeamField value={settings.teamId ?? null} onChange={(teamId) => set({ teamId })} />
            <IntervalField
              value={settings.intervalMs ?? 1_000}
              onChange={(intervalMs) => set({ intervalMs })}
            />
          </Group>
          <AgentsField value={settings.agents ?? { by: 'all' }} onChange={(agents) => set({ agents })} />
        </Stack>
      </Collapse>
      {preview.error !== undefined && <ProblemAlert error={preview.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {app(leftOver > 0 ? 'close' : 'cancel')}
        </Button>
        <Button
          onClick={() => void add()}
          loading={busy}
          disabled={count === 0 || !mayAdd || !ready || preview.checking}
        >
          {count === 0 ? text('addNone') : text('addCount', { count })}
        </Button>
      </Group>
    </Stack>
  );
}
