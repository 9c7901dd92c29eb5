/** One machine: what is missing first, then the agent's counters and the machine's facts. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { ActionIcon, Button, Code, Group, Loader, Menu, Stack, Text } from '@mantine/core';
import { Link, useParams, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { useMay } from '../../app/session.tsx';
import { Ago } from '../../parts/ago.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { FactsList } from '../../parts/facts-list.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Section } from '../../parts/section.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { AgentStatusList } from './agent-status-list.tsx';
import { EditMachineDialog } from './edit-machine-dialog.tsx';
import { FindingsList } from './findings-list.tsx';
import { ForgetDialog } from './forget-dialog.tsx';
import { machineName, useMachineActions } from './machine-actions.ts';
import { MachineStateMark } from './machine-state.tsx';
import { Tags } from './machine-table.tsx';
import { machinesText } from './machines-text.ts';
import { spacedId } from './waiting-machines.tsx';

export function MachinePage() {
  const text = useText(machinesText);
  const app = useText(appText);
  const { id } = useParams({ from: '/machines/$id' });
  const { data } = useLive('machines');
  if (data === undefined) return <Loader aria-label={app('loading')} />;
  const machine = data.get(id);
  if (!machine)
    return (
      <>
        <PageHead title={text('title')} />
        <EmptyState icon="machine" sentence={text('unknownMachine')}>
          <Link to="/machines" className="maille-link">
            {text('allMachines')}
          </Link>
        </EmptyState>
      </>
    );
  return <MachineView machine={machine} />;
}

function MachineView({ machine }: { machine: Machine }) {
  const text = useText(machinesText);
  const app = useText(appText);
  const format = useFormat();
  const router = useRouter();
  const may = useMay('operator');
  const mayForget = useMay('admin');
  const actions = useMachineActions();
  const [editing, setEditing] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const waits = machine.state === 'pending' || machine.state === 'reauthenticate';
  usePageKeys(may && waits ? { a: () => actions.approve(machine) } : {});
  const { facts } = machine;

  return (
    <>
      <PageHead
        title={machineName(machine)}
        lede={
          <Group component="span" gap="sm" display="inline-flex">
            <MachineStateMark machine={machine} />
            <span>
              {text('lastSeen')} <Ago ms={machine.lastSeenMs} />
            </span>
            <Tags tags={machine.tags} />
          </Group>
        }
      >
        {may && machine.state !== 'approved' && (
          <Button onClick={() => actions.approve(machine)}>{text('approve')}</Button>
        )}
        {may && (
          <Button variant="default" leftSection={<Icon name="pencil" />} onClick={() => setEditing(true)}>
            {text('edit')}
          </Button>
        )}
        {may && (
          <Menu position="bottom-end" withArrow>
            <Menu.Target>
              <ActionIcon variant="default" aria-label={app('more')}>
                <Icon name="more" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {machine.state === 'approved' && (
                <Menu.Item leftSection={<Icon name="key" />} onClick={() => actions.reauthenticate(machine)}>
                  {text('reauthenticate')}
                </Menu.Item>
              )}
              {machine.state !== 'rejected' && (
                <Menu.Item leftSection={<Icon name="cross" />} onClick={() => actions.reject(machine)}>
                  {text('reject')}
                </Menu.Item>
              )}
              {mayForget && (
                <Menu.Item leftSection={<Icon name="trash" />} onClick={() => setForgetting(true)}>
                  {text('forget')}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
      </PageHead>
      <Stack gap="lg">
        <Section title={text('findings')} lede={text('findingsLede')}>
          <FindingsList findings={facts.findings} />
        </Section>
        <Section title={text('statusTitle')}>
          {machine.status ? (
            <AgentStatusList status={machine.status} />
          ) : (
            <Text size="sm" c="dimmed">
              {text('statusNone')}
            </Text>
          )}
        </Section>
        <Section title={text('facts')}>
          <FactsList
            facts={[
              [text('name'), facts.hostname],
              [text('fingerprint'), <Code key="id">{spacedId(machine.id)}</Code>],
              [text('os'), facts.os],
              [text('kernel'), facts.kernel],
              [text('architecture'), facts.architecture],
              [text('virtualization'), facts.virtualization || text('noneYet')],
              [text('cpus'), format.number(facts.cpus)],
              [text('memory'), format.bytes(facts.memoryBytes)],
              [text('booted'), facts.bootedAtMs > 0 ? format.dateTime(facts.bootedAtMs) : '—'],
              [text('addresses'), <Lines key="a" lines={facts.addresses} />],
              [text('gateways'), <Lines key="g" lines={facts.gateways} />],
              [text('resolvers'), <Lines key="r" lines={facts.resolvers} />],
              [text('version'), facts.version],
              [text('agentNumber'), String(machine.agentNumber)],
              [text('firstSeen'), format.dateTime(machine.firstSeenMs)],
              [
                text('approvedBy'),
                machine.approvedBy && machine.approvedAtMs
                  ? `${machine.approvedBy}, ${format.dateTime(machine.approvedAtMs)}`
                  : '—',
              ],
              [text('remoteAddress'), machine.remoteAddress ?? '—'],
            ]}
          />
        </Section>
      </Stack>
      <EditMachineDialog machine={machine} opened={editing} onClose={() => setEditing(false)} />
      <ForgetDialog
        machine={machine}
        opened={forgetting}
        onClose={() => setForgetting(false)}
        onForgotten={() => void router.navigate({ to: '/machines' })}
      />
    </>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  if (lines.length === 0) return '—';
  return (
    <span className="maille-mono">
      {lines.map((line) => (
        <span key={line} style={{ display: 'block' }}>
          {line}
        </span>
      ))}
    </span>
  );
}
