/** `maille doctor`: what is missing or broken, here and on every machine, with the one command that helps. */
import { Problem } from '@maille/base/problem';
import { inspectHost } from '@maille/host/doctor/inspect-host';
import type { Finding } from '@maille/wire/link/messages';
import { getDoctor } from '@maille/wire/rest/operations';
import type { ResponseOf } from '@maille/wire/rest/route';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { safeText } from '../terminal/safe-text.ts';

type FleetFindings = ResponseOf<typeof getDoctor>;

export const command = defineCommand({
  name: 'doctor',
  summary: 'what is missing or broken, and what brings it',
  usage: ['doctor', 'doctor --all'],
  details: 'Looks at this machine, and asks the server for its own findings and those of every machine.',
  options: { all: { type: 'boolean', short: 'a', summary: 'show what is fine as well' } },
  async run(context, { values, rest, json, dataDir }) {
    refuseArguments(rest, 'doctor');
    const here = await inspectHost({ dataDir });
    const fleet = await askServer(context, dataDir);
    const groups = [
      { title: 'This machine', findings: here },
      ...('problem' in fleet
        ? []
        : [
            { title: 'The server', findings: fleet.server },
            ...fleet.machines.map(({ label, findings }) => ({ title: label, findings })),
          ]),
    ];
    if (json) {
      context.print(
        JSON.stringify(
          'problem' in fleet ? { here, serverProblem: fleet.problem.message } : { here, ...fleet },
        ),
      );
    } else {
      for (const { title, findings } of groups) printGroup(context, title, findings, values.all);
      if ('problem' in fleet) {
        context.print(`${context.paint.warn('unknown')}  The server: ${safeText(fleet.problem.message)}`);
        if (fleet.problem.remedy) context.print(`         ${safeText(fleet.problem.remedy)}`);
      }
    }
    const isBroken = groups.some(({ findings }) => findings.some(({ severity }) => severity === 'broken'));
    return isBroken ? 1 : 0;
  },
});

/** A doctor that needs a healthy server would be of no use: without one, this machine is looked at alone. */
async function askServer(context: Context, dataDir: string): Promise<FleetFindings | { problem: Problem }> {
  try {
    return await connect(context, dataDir).call(getDoctor);
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

function printGroup({ print, paint }: Context, title: string, findings: Finding[], all: boolean): void {
  const shown = findings.filter(({ severity }) => all || severity !== 'fine');
  print(paint.strong(safeText(title)));
  if (shown.length === 0) print(`  ${paint.good('fine')}     nothing is missing`);
  for (const { severity, title: sentence, remedy } of shown) {
    const colour = severity === 'broken' ? paint.bad : severity === 'missing' ? paint.warn : paint.good;
    print(`  ${colour(severity.padEnd(7))}  ${safeText(sentence)}`);
    if (remedy) print(`           ${safeText(remedy)}`);
  }
  print('');
}
