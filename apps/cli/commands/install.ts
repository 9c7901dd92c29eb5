/** `maille install server|agent`: users, folders and hardened systemd units; may be run again at any time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openIdentity } from '@maille/host/identity';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { nearestWord } from '../arguments/nearest-word.ts';
import type { Context } from '../context.ts';
import { installedDataDir } from '../install/installed-paths.ts';
import { hasUserMaille, installedRoles, requireRootAndSystemd, roles } from '../install/look-at-machine.ts';
import { type InstallFacts, planInstall } from '../install/plan-install.ts';
import { applyStep, describeStep } from '../install/step.ts';
import type { Role } from '../install/unit-text.ts';
import { ensureWebBundle } from '../web-bundle.ts';

export const command = defineCommand({
  name: 'install',
  summary: 'install the server or the agent as systemd services',
  usage: ['install server', 'install agent', 'install server agent --dry-run'],
  details:
    'Makes the user maille, copies the program to /opt/maille, keeps data in /var/lib/maille and settings in /etc/maille, and starts maille-server, or maille-agent and maille-sensor. Running it again from a newer checkout upgrades.',
  options: { 'dry-run': { type: 'boolean', summary: 'print all that it would do, and do nothing' } },
  async run(context, { values, rest, json }) {
    const wanted = requireRoles(rest);
    const dryRun = values['dry-run'];
    if (!dryRun) {
      requireRootAndSystemd(`install ${wanted.join(' ')}`);
      await ensureWebBundle(context.projectRoot, context.say);
    }
    const steps = planInstall(wanted, lookAtMachine(context, wanted, dryRun));
    for (const step of steps) {
      const line = describeStep(step);
      if (dryRun && !json) context.print(line);
      if (dryRun) continue;
      context.say(context.paint.quiet(line.split('\n')[0] as string));
      applyStep(step);
    }
    if (json) context.print(JSON.stringify({ dryRun, steps }));
    else if (!dryRun) context.print(nextSentence(wanted));
    return 0;
  },
});

export function requireRoles(words: string[]): Role[] {
  if (words.length === 0) throw new UsageError('say what: server, agent, or both.');
  return words.map((word) => {
    const role = roles.find((known) => known === word);
    if (role) return role;
    const near = nearestWord(word, roles);
    throw new UsageError(`${word} is neither server nor agent${near ? `; did you mean ${near}?` : '.'}`);
  });
}

function lookAtMachine(context: Context, wanted: Role[], dryRun: boolean): InstallFacts {
  const installed = installedRoles();
  const isJoined = existsSync(join(installedDataDir, 'agent', 'server.json'));
  const joinedHere = join(context.projectRoot, 'data', 'agent', 'server.json');
  const takesOver = !isJoined && existsSync(joinedHere);
  const both = roles.every((role) => installed.includes(role) || wanted.includes(role));
  const idOf = (name: string) => {
    const file = join(installedDataDir, 'identity', `${name}.key`);
    return dryRun && !existsSync(file) ? `ID-OF-${name.toUpperCase()}` : openIdentity(file).id;
  };
  return {
    architecture: process.arch,
    hasUserMaille: hasUserMaille(),
    projectRoot: context.projectRoot,
    installed,
    ...(takesOver && { joinedServerFile: joinedHere }),
    ...(both && !isJoined && !takesOver && { localAgentId: idOf('agent'), localServerId: idOf('server') }),
  };
}

function nextSentence(wanted: Role[]): string {
  if (wanted.includes('server')) return 'The server runs. To sign in: maille sign-in-link';
  return 'The agent runs. If it has no server yet: maille join https://HOST:4443 --fingerprint ID';
}
