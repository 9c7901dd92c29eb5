/** What the search finds: pages and actions that this person may use, open incidents, machines, targets. */
import type { IconName } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import { languages } from '@maille/wire/rest/people';
import { useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { appText } from '../app/app-text.ts';
import { type Theme, useMay, useSession } from '../app/session.tsx';
import { useIncidentWords } from '../pages/incidents/incident-words.ts';
import { useIncidentActions } from '../pages/incidents/use-incident-actions.ts';
import { useMachineActions } from '../pages/machines/machine-actions.ts';
import { languageNames, themeNames } from './choices.ts';
import type { Searchable } from './match-entries.ts';
import { paletteText } from './palette-text.ts';
import { places } from './places.ts';

export interface PaletteEntry extends Searchable {
  id: string;
  kind: 'page' | 'incident' | 'machine' | 'target' | 'action';
  icon: IconName;
  title: string;
  detail?: string;
  run: () => void;
}

export function usePaletteEntries(onToggleRail: () => void): PaletteEntry[] {
  const app = useText(appText);
  const text = useText(paletteText);
  const router = useRouter();
  const session = useSession();
  const mayOperate = useMay('operator');
  const mayAdminister = useMay('admin');
  const machines = useLive('machines').data;
  const targets = useLive('targets').data;
  const incidents = useLive('incidents').data;
  const actions = useMachineActions();
  const incidentActions = useIncidentActions();
  const incidentWords = useIncidentWords();
  const { position, setPosition } = useTime();

  return useMemo(() => {
    const entries: PaletteEntry[] = [];
    const add = (entry: Omit<PaletteEntry, 'words'>) =>
      entries.push({ ...entry, words: `${entry.title} ${entry.detail ?? ''}`.toLowerCase() });
    const page = (to: string, title: string, icon: IconName) =>
      add({ id: to, kind: 'page', icon, title, weight: 2, run: () => void router.navigate({ to } as never) });
    const action = (id: string, title: string, icon: IconName, run: () => void, weight = 3) =>
      add({ id, kind: 'action', icon, title, weight, run });
    const go =
      (to: string, search: object = {}) =>
      () =>
        void router.navigate({ to, search } as never);

    for (const machine of machines?.values() ?? []) {
      const name = machine.label || machine.facts.hostname;
      if (!mayOperate) break;
      const waits = machine.state === 'pending' || machine.state === 'reauthenticate';
      if (machine.state !== 'approved')
        action(
          `approve ${machine.id}`,
          text('approve', { name }),
          'check',
          () => actions.approve(machine),
          waits ? 0 : 6,
        );
      if (machine.state !== 'rejected')
        action(
          `reject ${machine.id}`,
          text('reject', { name }),
          'cross',
          () => actions.reject(machine),
          waits ? 1 : 7,
        );
      if (machine.state === 'approved')
        action(
          `again ${machine.id}`,
          text('reauthenticate', { name }),
          'key',
          () => actions.reauthenticate(machine),
          7,
        );
    }
    for (const incident of incidents?.values() ?? []) {
      if (incident.state !== 'open') continue;
      const name = incidentWords.name(incident);
      add({
        id: `incident ${incident.id}`,
        kind: 'incident',
        icon: 'warning',
        title: name,
        detail: incidentWords.state(incident),
        weight: 2,
        run: () => void router.navigate({ to: '/incidents/$id', params: { id: String(incident.id) } }),
      });
      if (!mayOperate) continue;
      if (incident.acknowledgedBy === null)
        action(
          `acknowledge ${incident.id}`,
          text('acknowledge', { name }),
          'person',
          () => void incidentActions.acknowledge(incident, incident.note),
        );
      else
        action(`take back ${incident.id}`, text('takeBack', { name }), 'person', () =>
          incidentActions.takeBack(incident),
        );
    }
    for (const place of places) page(place.to, app(place.name), place.icon);
    page('/watch/routes', text('routes'), 'link');
    page('/watch/mesh', text('mesh'), 'grid');
    page('/settings/account', text('account'), 'person');
    page('/settings/tokens', text('tokens'), 'key');
    if (mayOperate) {
      page('/watch/load', text('load'), 'grid');
      page('/settings/server', text('server'), 'settings');
      action('add targets', text('addTargets'), 'plus', go('/targets', { add: '1' }));
      action('add machine', text('addMachine'), 'plus', go('/machines', { add: '1' }));
    }
    if (mayAdminister) {
      page('/settings/people', text('people'), 'people');
      page('/settings/audit', text('audit'), 'audit');
      action('add person', text('addPerson'), 'plus', go('/settings/people', { add: '1' }));
      action('backup', text('backUp'), 'download', go('/settings/server'));
    }
    action('create token', text('createToken'), 'plus', go('/settings/tokens', { add: '1' }));
    if (position.mode !== 'live')
      action('live', text('goLive'), 'clock', () =>
        setPosition({ mode: 'live', spanMs: position.toMs - position.fromMs }),
      );
    for (const theme of Object.keys(themeNames) as Theme[])
      action(
        `theme ${theme}`,
        text('theme', { name: app(themeNames[theme]) }),
        theme === 'light' ? 'sun' : 'moon',
        () => session.setTheme(theme),
      );
    for (const language of languages)
      action(`language ${language}`, languageNames[language], 'language', () =>
        session.setLanguage(language),
      );
    action('rail', text('rail'), 'menu', onToggleRail);
    action('sign out', text('signOut'), 'signOut', () => void session.signOut());

    for (const machine of machines?.values() ?? [])
      add({
        id: `machine ${machine.id}`,
        kind: 'machine',
        icon: 'machine',
        title: machine.label || machine.facts.hostname,
        detail: machine.facts.addresses.slice(0, 3).join(' '),
        weight: 4,
        run: () => void router.navigate({ to: '/machines/$id', params: { id: machine.id } }),
      });
    for (const target of targets?.targets.values() ?? [])
      add({
        id: `target ${target.id}`,
        kind: 'target',
        icon: 'target',
        title: target.host,
        detail: [target.label, ...target.tags].filter(Boolean).join(' '),
        weight: 5,
        run: () =>
          void router.navigate({ to: '/watch/target/$id', params: { id: String(target.id) } } as never),
      });
    return entries;
  }, [
    machines,
    targets,
    incidents,
    incidentActions,
    incidentWords,
    app,
    text,
    router,
    session,
    mayOperate,
    mayAdminister,
    actions,
    position,
    setPosition,
    onToggleRail,
  ]);
}
