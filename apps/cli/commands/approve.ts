/** `maille approve MACHINE…`: the commonest decision, in one word less. Without a machine, all that wait. */
import { approveMachine, listMachines } from '@maille/wire/rest/machines';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { chooseMachine, machineName } from '../connection/choose-machine.ts';
import { connect } from '../connection/connect.ts';
import { safeText } from '../terminal/safe-text.ts';

export const command = defineCommand({
  name: 'approve',
  summary: 'let machines work (short for machines approve)',
  usage: ['approve MACHINE…', 'approve --all'],
  options: { all: { type: 'boolean', summary: 'every machine that waits' } },
  async run(context, { values, rest, json, dataDir }) {
    if (values.all === rest.length > 0) {
      throw new UsageError('name the machines to approve, or say --all.');
    }
    const { call } = connect(context, dataDir);
    const { machines } = await call(listMachines);
    const waiting = machines.filter(({ state }) => state === 'pending' || state === 'reauthenticate');
    const chosen = values.all ? waiting : rest.map((word) => chooseMachine(machines, word));
    for (const { id } of chosen) await call(approveMachine, { params: { id } });
    if (json) context.print(JSON.stringify({ action: 'approve', ids: chosen.map(({ id }) => id) }));
    else if (chosen.length === 0) context.print('No machine waits.');
    else for (const machine of chosen) context.print(`${safeText(machineName(machine))} is approved.`);
    return 0;
  },
});
