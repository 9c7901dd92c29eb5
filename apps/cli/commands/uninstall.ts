/** `maille uninstall`: takes away what `maille install` brought; the data stays unless told. */
import { existsSync } from 'node:fs';
import { defineCommand } from '../arguments/command.ts';
import { installedDataDir } from '../install/installed-paths.ts';
import { hasUserMaille, installedRoles, requireRootAndSystemd } from '../install/look-at-machine.ts';
import { planUninstall } from '../install/plan-install.ts';
import { applyStep, describeStep } from '../install/step.ts';
import { requireRoles } from './install.ts';

export const command = defineCommand({
  name: 'uninstall',
  summary: 'take away what install brought; the data stays',
  usage: ['uninstall', 'uninstall agent', 'uninstall --purge'],
  details:
    'Without a word it takes away all that is installed. The data in /var/lib/maille then belongs to root.',
  options: {
    purge: { type: 'boolean', summary: 'delete the data too' },
    'dry-run': { type: 'boolean', summary: 'print all that it would do, and do nothing' },
  },
  async run(context, { values, rest, json }) {
    const dryRun = values['dry-run'];
    const installed = installedRoles();
    const leaving = rest.length > 0 ? requireRoles(rest) : [...installed];
    if (!dryRun) requireRootAndSystemd('uninstall');
    const facts = {
      staying: installed.filter((role) => !leaving.includes(role)),
      hasUserMaille: hasUserMaille(),
      hasData: existsSync(installedDataDir),
    };
    const steps = planUninstall(leaving.length > 0 ? leaving : ['server', 'agent'], facts, values.purge);
    for (const step of steps) {
      if (dryRun && !json) context.print(describeStep(step));
      if (dryRun) continue;
      context.say(context.paint.quiet(describeStep(step)));
      applyStep(step);
    }
    if (json) context.print(JSON.stringify({ dryRun, steps }));
    else if (!dryRun) {
      const dataStays = facts.staying.length === 0 && facts.hasData && !values.purge;
      context.print(`Uninstalled.${dataStays ? ` The data is in ${installedDataDir}.` : ''}`);
    }
    return 0;
  },
});
