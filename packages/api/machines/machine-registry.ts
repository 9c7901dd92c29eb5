/**
 * Who may be an agent of this server. All machines are held in memory and written through to the
 * database: the database first, so that nothing is announced that a crash would undo. Changes go through
 * one queue, so that a click and a token at the same moment do not overwrite each other.
 */
import type { Clock } from '@maille/base/clock';
import type { IdentityVerifier } from '@maille/base/identity';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { ProvenAgent } from '@maille/engine/link/server-handshake';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import type { AgentStatus, MachineFacts, MachineState, PeersParams } from '@maille/wire/link/messages';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import { checkMeshAddress } from '../mesh/mesh-address.ts';
import { judgeAbilities } from './agent-abilities.ts';
import { createJoinTokens, type JoinTokens, type TokenRefusal } from './join-tokens.ts';
import { freeAgentNumber, machineOf, writeMachine } from './machine-rows.ts';
import { createSeenPeers } from './seen-peers.ts';

/** Strangers can make machines appear; beyond this many that nobody approved, the longest unseen goes. */
const MAX_NEVER_APPROVED = 500;

export interface MachineRegistryOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  verifier: IdentityVerifier;
  log: Log;
  /** Throws a Problem where there is no room for what this machine, approved, is asked for. */
  requireRoom?(machine: Machine, field: string): void;
  /** This machine's own agent, which `maille up` starts beside the server: approved when it comes. */
  localAgentId?: string;
}

export interface Admission {
  machine: Machine;
  tokenRefused?: TokenRefusal;
}

export interface MachineRegistry {
  /** Pending ones first, then by name. */
  list(): Machine[];
  get(id: string): Machine | undefined;
  approve(id: string, by: string): Promise<Machine>;
  reject(id: string, by: string): Promise<Machine>;
  reauthenticate(id: string, by: string): Promise<Machine>;
  /** An empty mesh address: chosen from the machine's facts again. */
  change(id: string, change: { label?: string; tags?: string[]; meshAddress?: string }): Promise<Machine>;
  forget(id: string): Promise<void>;
  peers(): SeenPeer[];
  createJoinToken: JoinTokens['create'];
  listJoinTokens: JoinTokens['list'];
  deleteJoinToken: JoinTokens['delete'];

  /** For the link: an agent that has proved its key comes in. */
  admit(agent: ProvenAgent, remoteAddress: string): Promise<Admission>;
  disconnected(id: string): void;
  status(id: string, status: AgentStatus): void;
  seesPeers(id: string, params: PeersParams): void;
  facts(id: string, facts: MachineFacts): void;
  /** Ends when all that was asked for is written. */
  stop(): Promise<void>;
}

export async function createMachineRegistry(options: MachineRegistryOptions): Promise<MachineRegistry> {
  const { database, bus, clock, verifier, log, localAgentId } = options;
  const { kysely } = database;
  const machines = new Map<string, Machine>();
  const publicKeys = new Map<string, string>();
  const tokens = createJoinTokens({ database, clock });
  const seenPeers = createSeenPeers();

  const rows = await kysely.selectFrom('machine').selectAll().where('forgotten_at_ms', 'is', null).execute();
  for (const row of rows) {
    machines.set(row.id, machineOf(row));
    publicKeys.set(row.id, row.public_key);
  }

  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };

  const known = (id: string): Machine => {
    const machine = machines.get(id);
    if (!machine) throw new Problem('not-found', 'There is no such machine.');
    return machine;
  };
  const announce = (machine: Machine) => {
    machines.set(machine.id, machine);
    bus.publish('machines', { put: [machine], remove: [] });
  };
  /** Gauges and connections change while a write waits: only `change` is ours to decide. */
  const write = async (id: string, change: Partial<Machine>): Promise<Machine> => {
    await writeMachine(kysely, { ...known(id), ...change }, publicKeys.get(id) as string);
    const machine = { ...known(id), ...change };
    announce(machine);
    return machine;
  };
  const approval = (by: string) =>
    ({ state: 'approved', approvedAtMs: clock.wallMs(), approvedBy: by }) as const;

  const decide = (id: string, state: MachineState, by: string) =>
    inTurn(async () => {
      if (known(id).state === state) return known(id);
      if (state === 'approved') options.requireRoom?.({ ...known(id), state }, '/id');
      const machine = await write(id, state === 'approved' ? approval(by) : { state });
      log.info({ machineId: id, state, by }, 'the state of a machine changed');
      bus.publish('machine-state', { machineId: id, state });
      return machine;
    });

  async function makeRoom(): Promise<void> {
    const strangers = [...machines.values()].filter((machine) => machine.approvedAtMs === undefined);
    if (strangers.length < MAX_NEVER_APPROVED) return;
    const gone = strangers
      .filter((machine) => !machine.connected && machine.state === 'pending')
      .sort((a, b) => a.lastSeenMs - b.lastSeenMs)[0];
    if (!gone)
      throw new Problem('too-many', 'Too many machines wait for approval.', {
        remedy: 'Approve or forget some on the page Machines.',
      });
    await remove(gone);
  }

  async function remove(machine: Machine): Promise<void> {
    if (machine.approvedAtMs === undefined)
      await kysely.deleteFrom('machine').where('id', '=', machine.id).execute();
    else
      await kysely
        .updateTable('machine')
        .set({ forgotten_at_ms: clock.wallMs() })
        .where('id', '=', machine.id)
        .execute();
    machines.delete(machine.id);
    publicKeys.delete(machine.id);
    seenPeers.forget(machine.id);
    bus.publish('machines', { put: [], remove: [machine.id] });
  }

  async function appear(agent: ProvenAgent): Promise<Machine> {
    await makeRoom();
    const nowMs = clock.wallMs();
    const before = await kysely
      .selectFrom('machine')
      .selectAll()
      .where('id', '=', agent.agentId)
      .executeTakeFirst();
    const agentNumber = before?.agent_number ?? (await freeAgentNumber(kysely));
    if (agentNumber === undefined)
      throw new Problem('too-many', 'All 65,535 agent numbers of this server are given.');
    return {
      ...(before ? machineOf(before) : { label: '', tags: [], firstSeenMs: nowMs }),
      id: agent.agentId,
      agentNumber,
      state: 'pending',
      connected: false,
      connectedChangedAtMs: nowMs,
      lastSeenMs: nowMs,
      facts: agent.facts,
    };
  }

  /** Where there is none the machine waits: whoever approves it by hand is told why that cannot be. */
  function hasRoom(machine: Machine): boolean {
    try {
      options.requireRoom?.({ ...machine, state: 'approved' }, '/id');
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      log.warn({ machineId: machine.id, reason: error.message }, 'there is no room for a machine: it waits');
      return false;
    }
  }

  async function admit(agent: ProvenAgent, remoteAddress: string): Promise<Admission> {
    const facts = judgeAbilities(agent.facts);
    const nowMs = clock.wallMs();
    const waits = (state: MachineState) => state === 'pending' || state === 'reauthenticate';
    const base = machines.get(agent.agentId) ?? (await appear(agent));
    const isNew = !machines.has(agent.agentId);
    let machine: Machine = {
      ...base,
      facts,
      remoteAddress,
      connected: true,
      connectedChangedAtMs: nowMs,
      lastSeenMs: nowMs,
    };
    let tokenRefused: TokenRefusal | undefined;
    const mayApprove = waits(machine.state) && hasRoom(machine);
    // A token that came with a machine that needs none is not used up.
    await kysely.transaction().execute(async (transaction) => {
      if (mayApprove && agent.token !== undefined) {
        const used = await tokens.use(transaction, agent.token);
        if (typeof used === 'string') tokenRefused = used;
        else machine = { ...machine, ...approval(`join token ${used.id}`) };
      }
      if (mayApprove && machine.state === 'pending' && machine.id === localAgentId)
        machine = { ...machine, ...approval('maille up') };
      await writeMachine(transaction, machine, agent.publicKey);
    });
    publicKeys.set(machine.id, agent.publicKey);
    announce(machine);
    if (isNew || tokenRefused)
      log.info(
        { machineId: machine.id, state: machine.state, remoteAddress, tokenRefused },
        'a machine came',
      );
    return tokenRefused === undefined ? { machine } : { machine, tokenRefused };
  }

  return {
    list() {
      const rank = (machine: Machine) => (machine.state === 'pending' ? 0 : 1);
      const name = (machine: Machine) => machine.label || machine.facts.hostname;
      return [...machines.values()].sort(
        (a, b) => rank(a) - rank(b) || name(a).localeCompare(name(b)) || a.agentNumber - b.agentNumber,
      );
    },
    get: (id) => machines.get(id),
    approve: (id, by) => decide(id, 'approved', by),
    reject: (id, by) => decide(id, 'rejected', by),
    reauthenticate: (id, by) =>
      inTurn(async () => {
        if (known(id).approvedAtMs === undefined)
          throw new Problem('conflict', 'This machine was never approved: there is nothing to renew.');
      }).then(() => decide(id, 'reauthenticate', by)),
    change: (id, { meshAddress, ...change }) =>
      inTurn(async () => {
        const before = known(id);
        if (change.tags !== undefined && before.state === 'approved')
          options.requireRoom?.({ ...before, tags: change.tags }, '/tags');
        return write(
          id,
          meshAddress === undefined ? change : { ...change, meshAddress: checkMeshAddress(meshAddress) },
        );
      }),
    forget: (id) =>
      inTurn(async () => {
        await remove(known(id));
        // Whoever holds its link closes it; it may come back as pending.
        bus.publish('machine-state', { machineId: id, state: 'pending' });
      }),
    peers: () => seenPeers.list(),
    createJoinToken: tokens.create,
    listJoinTokens: tokens.list,
    deleteJoinToken: tokens.delete,

    admit(agent, remoteAddress) {
      if (verifier.idOf(agent.publicKey) !== agent.agentId)
        return Promise.reject(new Problem('forbidden', 'The key is not the one of the id.'));
      return inTurn(() => admit(agent, remoteAddress));
    },
    disconnected(id) {
      const machine = machines.get(id);
      if (!machine?.connected) return;
      const nowMs = clock.wallMs();
      const { status: _gone, ...rest } = machine;
      announce({ ...rest, connected: false, connectedChangedAtMs: nowMs, lastSeenMs: nowMs });
      inTurn(async () => {
        await kysely.updateTable('machine').set({ last_seen_ms: nowMs }).where('id', '=', id).execute();
      }).catch((error) => log.error({ err: error, machineId: id }, 'could not write when a machine left'));
    },
    status(id, status) {
      const machine = machines.get(id);
      if (machine?.connected) announce({ ...machine, status, lastSeenMs: clock.wallMs() });
    },
    facts(id, facts) {
      inTurn(() => write(id, { facts: judgeAbilities(facts) })).catch((error) =>
        log.error({ err: error, machineId: id }, 'could not write the facts of a machine'),
      );
    },
    seesPeers(id, params) {
      if (!machines.has(id)) return;
      seenPeers.apply(id, params);
      bus.publish('peers', { machineId: id, ...params });
    },
    async stop() {
      await queue;
    },
  };
}
