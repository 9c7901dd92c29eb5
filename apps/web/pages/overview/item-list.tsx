/** What is wrong, worst first, each with the one thing to do about it. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { sendErrorText, sendErrorWords } from '@maille/ui/samples/send-error-words';
import type { OverviewItem } from '@maille/wire/rest/operations';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { CommandLine } from '../../app/command-line.tsx';
import { isCommand } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { Ago } from '../../parts/ago.tsx';
import { StateMark } from '../../parts/state-mark.tsx';
import { useAgentName } from '../../watch/use-watch.ts';
import { incidentsText } from '../incidents/incidents-text.ts';
import { useMachineActions } from '../machines/machine-actions.ts';
import { useFindingTitle } from '../machines/use-finding-title.ts';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';
import { remedyOfUnsent, unsentText } from './unsent-remedy.ts';

const FIRST_SHOWN = 12;
const tones = { severe: 'severe', notable: 'notable', info: 'off' } as const;
const keyOf = (item: OverviewItem) =>
  `${item.kind} ${item.incident?.id ?? item.machineId ?? item.targetId ?? ''} ${item.subject} ${item.detail} ${item.notSent?.errno ?? ''}`;

export function ItemList({ items }: { items: readonly OverviewItem[] }) {
  const text = useText(overviewText);
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, FIRST_SHOWN);
  return (
    <Stack gap="xs">
      <ul className={classes.items}>
        {shown.map((item) => (
          <Item key={keyOf(item)} item={item} />
        ))}
      </ul>
      {shown.length < items.length && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => setAll(true)}
          style={{ alignSelf: 'flex-start' }}
        >
          {text('more', { count: items.length - shown.length })}
        </Button>
      )}
    </Stack>
  );
}

function Item({ item }: { item: OverviewItem }) {
  const text = useText(overviewText);
  const incidentText = useText(incidentsText);
  const errorText = useText(sendErrorText);
  const remedyText = useText(unsentText);
  const agentName = useAgentName();
  const findingTitle = useFindingTitle();
  const format = useFormat();
  const navigate = useNavigate();
  const may = useMay('operator');
  const machines = useLive('machines').data;
  const actions = useMachineActions();
  const machine = item.machineId === undefined ? undefined : machines?.get(item.machineId);
  // A finding comes as its English title; the machine knows which one it is, and its remedy.
  const finding = machine?.facts.findings.find(({ title }) => title === item.detail);
  const { incident, notSent } = item;
  const remedy = notSent && remedyOfUnsent(notSent.errno, notSent.hosts[0]);
  // Machines of one name are told apart, as everywhere.
  const subject = machine?.state === 'approved' ? agentName(machine.agentNumber) : item.subject;
  const detail = incident
    ? incidentDetail(incident)
    : notSent
      ? unsentDetail(notSent)
      : item.untilMs !== undefined
        ? text('certificateEnds', { date: format.date(item.untilMs) })
        : finding
          ? findingTitle(finding)
          : item.detail;
  const open = incident
    ? () => void navigate({ to: '/incidents/$id', params: { id: String(incident.id) } })
    : item.targetId !== undefined
      ? () => void navigate({ to: '/watch/target/$id', params: { id: String(item.targetId) } })
      : machine
        ? () => void navigate({ to: '/machines/$id', params: { id: machine.id } })
        : item.kind === 'certificate-expiring' && may
          ? () => void navigate({ to: '/settings/server' })
          : undefined;

  function unsentDetail({ errno, targets, hosts }: NonNullable<typeof notSent>): string {
    const named = hosts.join(', ') + (hosts.length < targets ? ' …' : '');
    return `${sendErrorWords(errno, errorText)} · ${text('unsent', { count: targets, hosts: named })}`;
  }

  function incidentDetail({
    scope,
    affected,
    ofTargets,
    acknowledgedBy,
  }: NonNullable<typeof incident>): string {
    const parts = [incidentText(scope)];
    if (ofTargets > 1)
      parts.push(
        text('affected', {
          affected: format.number(affected),
          total: format.number(ofTargets),
        }),
      );
    if (acknowledgedBy !== null) parts.push(text('onIt', { name: acknowledgedBy }));
    return parts.join(' · ');
  }

  return (
    <li className={classes.item} data-severity={item.severity}>
      <div className={classes.itemText}>
        <Group gap="sm" style={{ rowGap: 2 }}>
          <StateMark
            tone={tones[item.severity]}
            label={
              incident
                ? incidentText(incident.kind)
                : text(item.kind as Exclude<typeof item.kind, 'incident'>)
            }
          />
          <Text span fw={600} style={{ overflowWrap: 'anywhere' }}>
            {subject}
          </Text>
          {item.sinceMs !== undefined && (
            <Text span size="sm" c="dimmed" title={format.dateTime(item.sinceMs)}>
              <Ago ms={item.sinceMs} />
            </Text>
          )}
        </Group>
        {detail && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {detail}
          </Text>
        )}
        {remedy && (
          <div className={classes.remedy}>
            <Text size="sm">{remedyText(remedy.sentence)}</Text>
            {remedy.command && <CommandLine command={remedy.command} label={detail} />}
          </div>
        )}
        {finding?.remedy && isCommand(finding.remedy) && (
          <div className={classes.remedy}>
            <CommandLine command={finding.remedy} label={detail} />
          </div>
        )}
      </div>
      <Group gap="xs">
        {item.kind === 'machine-pending' && machine && may && (
          <>
            <Button size="compact-md" onClick={() => actions.approve(machine)}>
              {text('approve')}
            </Button>
            <Button size="compact-md" variant="default" onClick={() => actions.reject(machine)}>
              {text('reject')}
            </Button>
          </>
        )}
        {open && (
          <Button
            size="compact-md"
            variant="subtle"
            onClick={open}
            aria-label={`${text('open')}: ${subject}`}
          >
            {text('open')}
          </Button>
        )}
      </Group>
    </li>
  );
}
