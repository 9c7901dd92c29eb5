/** Machines: who waits first, then all of ours, then what else is on the network. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { Button, Loader, Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { appText } from '../../app/app-text.ts';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { JoinDialog } from './join-dialog.tsx';
import { MachineTable } from './machine-table.tsx';
import { machinesText } from './machines-text.ts';
import { PeerTable } from './peer-table.tsx';
import { WaitingMachines } from './waiting-machines.tsx';

export function MachinesPage() {
  const text = useText(machinesText);
  const app = useText(appText);
  const { data, problem } = useLive('machines');
  const may = useMay('operator');
  const navigate = useNavigate({ from: '/machines' });
  const { add } = useSearch({ from: '/machines' });
  const setAdding = (adding: boolean) =>
    void navigate({ search: (before) => ({ ...before, add: adding ? '1' : undefined }), replace: true });
  usePageKeys(may ? { n: () => setAdding(true) } : {});

  const machines = useMemo(() => [...(data?.values() ?? [])], [data]);
  const waiting = useMemo(
    () =>
      machines
        .filter(({ state }) => state === 'pending' || state === 'reauthenticate')
        .sort((a, b) => a.firstSeenMs - b.firstSeenMs),
    [machines],
  );
  const settled = useMemo(
    () => machines.filter(({ state }) => state === 'approved' || state === 'rejected'),
    [machines],
  );
  return (
    <>
      <PageHead title={text('title')} lede={text('lede')}>
        {may && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
            {text('addMachine')}
          </Button>
        )}
      </PageHead>
      {problem && <ProblemAlert error={problem} />}
      {data === undefined && !problem ? (
        <Loader aria-label={app('loading')} />
      ) : (
        <Stack gap="lg">
          <WaitingMachines machines={waiting} />
          {(settled.length > 0 || waiting.length === 0) && (
            <MachineTable machines={settled} onAdd={may ? () => setAdding(true) : undefined} />
          )}
          <PeerTable machines={machines} />
        </Stack>
      )}
      {may && <JoinDialog opened={add !== undefined} onClose={() => setAdding(false)} />}
    </>
  );
}
