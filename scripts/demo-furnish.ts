/** What makes an installation look lived in: people, teams, names, tags, and a past. */
import type { RunningMaille } from '../apps/web/test/running-maille.ts';
import { type PastTarget, writeDemoPast } from './demo-past.ts';

/** What a person would have set up after a day. */
export async function furnish(maille: RunningMaille, home: string, nas: string): Promise<void> {
  await maille.approve(home);
  await maille.approve(nas);
  await maille.api('PATCH', `/machines/${home}`, { label: 'home', tags: ['paris', 'core'] });
  await maille.api('PATCH', `/machines/${nas}`, { label: 'nas', tags: ['paris', 'storage'] });
  const { id: teamId } = (await maille.api('POST', '/teams', { name: 'Network' })) as { id: number };
  await maille.api('POST', '/teams', { name: 'Customers' });
  await maille.api('POST', '/people', {
    login: 'ines',
    name: 'Inès Marchand',
    role: 'operator',
    teamIds: [teamId],
  });
  await maille.api('POST', '/people', {
    login: 'haruto',
    name: 'Haruto Sato',
    role: 'viewer',
    teamIds: [teamId],
  });
  const tags = [
    'core',
    'paris',
    'paris',
    'lyon',
    'lyon',
    'berlin',
    'oslo',
    'new-york',
    'tokyo',
    'customers',
    'customers',
    'sydney',
  ];
  for (const [third, tag] of tags.entries()) {
    await maille.api('POST', '/targets', {
      entries: `10.20.${third}.0/24`,
      tags: [tag],
      agents: { by: 'ids', ids: [home] },
      ...(third === 0 && { teamId }),
    });
  }
  const named = {
    '10.20.5.9': 'berlin-gw',
    '10.20.0.1': 'core-1',
    '10.20.0.2': 'core-2',
    '10.20.8.17': 'tokyo-edge',
  };
  const { targets } = (await maille.api('GET', '/targets')) as { targets: { id: number; host: string }[] };
  for (const [host, label] of Object.entries(named)) {
    const target = targets.find((one) => one.host === host);
    if (target) await maille.api('PATCH', `/targets/${target.id}`, { label });
  }
}

/** An agent that has just come back may have to wait for its sensor. */
export async function persist(work: () => Promise<unknown>): Promise<void> {
  for (let left = 60; ; left--) {
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((ready) => setTimeout(ready, 500));
    }
  }
}

/** Gives the server a past, and quick traces. */
export async function remember(maille: RunningMaille, home: string): Promise<void> {
  await maille.api('PATCH', '/settings', { tracerouteIntervalMs: 10_000 });
  const { targets } = (await maille.api('GET', '/targets')) as { targets: PastTarget[] };
  const { machines } = (await maille.api('GET', '/machines')) as {
    machines: { id: string; agentNumber: number }[];
  };
  const agentNumber = machines.find(({ id }) => id === home)?.agentNumber ?? 0;
  await maille.killServer();
  await writeDemoPast(maille.dataDir, agentNumber, targets);
  await maille.startServer();
}
