/** Machines that wait: the key's fingerprint to compare, and one click or one key. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { Button, Code, Group, Kbd, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../app/session.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Section } from '../../parts/section.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { machineName, useMachineActions } from './machine-actions.ts';
import { MachineStateMark } from './machine-state.tsx';
import classes from './machines.module.css';
import { machinesText } from './machines-text.ts';

/** Groups of four read better against what the other screen shows. */
export const spacedId = (id: string): string => id.replace(/(.{4})(?=.)/g, '$1 ');

export function WaitingMachines({ machines }: { machines: readonly Machine[] }) {
  const text = useText(machinesText);
  const may = useMay('operator');
  const actions = useMachineActions();
  const first = machines[0];
  usePageKeys(may && first ? { a: () => actions.approve(first) } : {});
  if (machines.length === 0) return null;
  return (
    <Section title={text('waitingTitle')} lede={text('waitingLede')}>
      <Stack gap="xs" component="ul" className={classes.waiting}>
        {machines.map((machine, index) => (
          <li key={machine.id} className={classes.waitingRow}>
            <Stack gap={2} style={{ flex: '1 1 16rem', minWidth: 0 }}>
              <Group gap="sm">
                <Link to="/machines/$id" params={{ id: machine.id }} className="maille-link">
                  <Text span fw={600}>
                    {machineName(machine)}
                  </Text>
                </Link>
                <MachineStateMark machine={machine} />
              </Group>
              <Text size="sm" c="dimmed">
                {[machine.facts.os, machine.remoteAddress].filter(Boolean).join(' · ')} ·{' '}
                <Ago ms={machine.lastSeenMs} />
              </Text>
              <Text size="sm" c="dimmed" component="div">
                {text('fingerprint')} <Code className={classes.fingerprint}>{spacedId(machine.id)}</Code>
              </Text>
            </Stack>
            {may && (
              <Group gap="sm">
                <Button onClick={() => actions.approve(machine)}>
                  {text('approve')}
                  {index === 0 && (
                    <Kbd ml="xs" size="xs" className={classes.keyHint}>
                      a
                    </Kbd>
                  )}
                </Button>
                <Button variant="default" onClick={() => actions.reject(machine)}>
                  {text('reject')}
                </Button>
              </Group>
            )}
          </li>
        ))}
      </Stack>
    </Section>
  );
}
