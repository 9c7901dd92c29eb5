/** Machines as rows. A row of a machine that was ever approved stays when it is forgotten: series refer to its number. */
import type { Tables } from '@maille/store/database/tables';
import type { MachineFacts, MachineState } from '@maille/wire/link/messages';
import type { Machine } from '@maille/wire/rest/machines';
import type { Insertable, Kysely, Selectable } from 'kysely';

export function machineOf(row: Selectable<Tables['machine']>): Machine {
  return {
    id: row.id,
    agentNumber: row.agent_number,
    label: row.label,
    tags: JSON.parse(row.tags) as string[],
    state: row.state as MachineState,
    connected: false,
    connectedChangedAtMs: row.last_seen_ms,
    firstSeenMs: row.first_seen_ms,
    lastSeenMs: row.last_seen_ms,
    ...(row.approved_at_ms === null ? {} : { approvedAtMs: row.approved_at_ms }),
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    ...(row.remote_address === null ? {} : { remoteAddress: row.remote_address }),
    ...(row.mesh_address === null ? {} : { meshAddress: row.mesh_address }),
    facts: JSON.parse(row.facts) as MachineFacts,
  };
}

function rowOf(machine: Machine, publicKey: string): Insertable<Tables['machine']> {
  return {
    id: machine.id,
    agent_number: machine.agentNumber,
    public_key: publicKey,
    label: machine.label,
    tags: JSON.stringify(machine.tags),
    state: machine.state,
    first_seen_ms: machine.firstSeenMs,
    last_seen_ms: machine.lastSeenMs,
    approved_at_ms: machine.approvedAtMs ?? null,
    approved_by: machine.approvedBy ?? null,
    remote_address: machine.remoteAddress ?? null,
    mesh_address: machine.meshAddress || null,
    facts: JSON.stringify(machine.facts),
    forgotten_at_ms: null,
  };
}

/** Writes the machine whole: a new one, one that changed, or one that comes back after it was forgotten. */
export async function writeMachine(
  kysely: Kysely<Tables>,
  machine: Machine,
  publicKey: string,
): Promise<void> {
  const row = rowOf(machine, publicKey);
  await kysely
    .insertInto('machine')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/**
 * The smallest number that no row holds. Numbers have 16 bits and strangers can make machines appear, so
 * one that was never approved (and so never had a sample) gives its number back.
 */
export async function freeAgentNumber(kysely: Kysely<Tables>): Promise<number | undefined> {
  const rows = await kysely.selectFrom('machine').select('agent_number').orderBy('agent_number').execute();
  let free = 1;
  for (const { agent_number } of rows) if (agent_number === free) free++;
  return free <= 65_535 ? free : undefined;
}
