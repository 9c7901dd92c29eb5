/** The guide of the first run: what is left to do, in order; gone once all is done or it is hidden. */
import { Icon, type IconName } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Overview } from '@maille/wire/rest/operations';
import { Button, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { appText } from '../../app/app-text.ts';
import { useMay, useMe } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';

const hiddenKey = 'maille.first-steps';

export function FirstSteps({ overview }: { overview: Overview }) {
  const text = useText(overviewText);
  const app = useText(appText);
  const may = useMay('operator');
  const { needsCredential } = useMe();
  const navigate = useNavigate();
  const targets = useLive('targets').data?.targets;
  const [hidden, setHidden] = useState(() => {
    try {
      return localStorage.getItem(hiddenKey) === 'hidden';
    } catch {
      return false;
    }
  });
  if (hidden || !may || !targets) return null;
  // Maille begins with loopback, gateway and resolvers: those are not the reader's own yet.
  const ownTargets = [...targets.values()].some(({ createdBy }) => createdBy !== 'start');
  const steps: {
    id: string;
    icon: IconName;
    title: string;
    detail: string;
    action: string;
    go: () => void;
  }[] = [];
  if (!ownTargets)
    steps.push({
      id: 'targets',
      icon: 'target',
      title: text('stepTargets'),
      detail: text('stepTargetsDetail'),
      action: text('addTargets'),
      go: () => void navigate({ to: '/targets', search: { add: '1' } }),
    });
  if (overview.machines.approved < 2)
    steps.push({
      id: 'machine',
      icon: 'machine',
      title: text('stepMachine'),
      detail: text('stepMachineDetail'),
      action: text('addMachine'),
      go: () => void navigate({ to: '/machines', search: { add: '1' } }),
    });
  if (needsCredential)
    steps.push({
      id: 'credential',
      icon: 'key',
      title: text('stepCredential'),
      detail: text('stepCredentialDetail'),
      action: app('setCredential'),
      go: () => void navigate({ to: '/settings/account' }),
    });
  if (steps.length === 0) return null;
  if (overview.targets.total > 0)
    steps.push({
      id: 'grid',
      icon: 'grid',
      title: text('stepGrid'),
      detail: text('stepGridDetail'),
      action: text('openGrid'),
      go: () => void navigate({ to: '/watch' }),
    });

  return (
    <Section
      title={text('firstTitle')}
      lede={text('firstLede')}
      actions={
        <Button
          variant="subtle"
          size="compact-sm"
          color="gray"
          onClick={() => {
            setHidden(true);
            try {
              localStorage.setItem(hiddenKey, 'hidden');
            } catch {
              // Then it is back after a reload.
            }
          }}
        >
          {text('hideSteps')}
        </Button>
      }
    >
      <ol className={classes.steps}>
        {steps.map((step, index) => (
          <li key={step.id} className={classes.step}>
            <span className={classes.stepIcon}>
              <Icon name={step.icon} size={20} />
            </span>
            <Stack gap={0} style={{ flex: '1 1 12rem', minWidth: 0 }}>
              <Text fw={600}>{step.title}</Text>
              <Text size="sm" c="dimmed">
                {step.detail}
              </Text>
            </Stack>
            <Button variant={index === 0 ? 'filled' : 'default'} onClick={step.go}>
              {step.action}
            </Button>
          </li>
        ))}
      </ol>
    </Section>
  );
}
