/** Routes of /machines, /join-tokens and /peers. */
import { Problem } from '@maille/base/problem';
import { actorOf } from '../auth/caller.ts';
import type { Context, Handlers } from '../http/handler.ts';
import { requireOwnMeshAddress } from '../mesh/mesh-address.ts';
import type { MachineRegistry } from './machine-registry.ts';

export type MachineHandlers = Pick<
  Handlers,
  | 'listMachines'
  | 'getMachine'
  | 'approveMachine'
  | 'rejectMachine'
  | 'reauthenticateMachine'
  | 'changeMachine'
  | 'forgetMachine'
  | 'listJoinTokens'
  | 'createJoinToken'
  | 'deleteJoinToken'
  | 'listPeers'
>;

export interface MachineRoutesOptions {
  machines: MachineRegistry;
  serverId: string;
  /** Where agents reach this server. */
  publicOrigin: (context: Context) => string;
  /** What an admin said is the operator's own, besides all private networks. */
  ownPrefixes: () => readonly string[];
}

export function createMachineRoutes({
  machines,
  serverId,
  publicOrigin,
  ownPrefixes,
}: MachineRoutesOptions): MachineHandlers {
  /** The name stays in the log after the machine is forgotten. */
  const name = (id: string, context: Context): string => {
    const machine = machines.get(id);
    if (!machine) throw new Problem('not-found', 'there is no such machine');
    context.audit.subject = `${machine.label || machine.facts.hostname} (${id})`;
    return id;
  };
  const by = (context: Context) => actorOf(context.caller).actor;

  return {
    listMachines: () => ({ machines: machines.list() }),
    getMachine({ params }) {
      const machine = machines.get(params.id);
      if (!machine) throw new Problem('not-found', 'there is no such machine');
      return machine;
    },
    approveMachine: ({ params }, context) => machines.approve(name(params.id, context), by(context)),
    rejectMachine: ({ params }, context) => machines.reject(name(params.id, context), by(context)),
    reauthenticateMachine: ({ params }, context) =>
      machines.reauthenticate(name(params.id, context), by(context)),
    changeMachine({ params, body }, context) {
      context.audit.detail = { ...body };
      const id = name(params.id, context);
      const before = machines.get(id);
      if (body.meshAddress !== undefined && body.meshAddress !== (before?.meshAddress ?? ''))
        requireOwnMeshAddress(body.meshAddress, before?.remoteAddress, ownPrefixes());
      return machines.change(id, body);
    },
    async forgetMachine({ params }, context) {
      await machines.forget(name(params.id, context));
      return undefined;
    },
    listJoinTokens: async () => ({ joinTokens: await machines.listJoinTokens() }),
    async createJoinToken({ body }, context) {
      const { joinToken, secret } = await machines.createJoinToken(body, by(context));
      context.audit.subject = `join token ${joinToken.id}`;
      context.audit.detail = { ...body };
      return {
        joinToken,
        secret,
        fingerprint: serverId,
        command: `maille join ${publicOrigin(context)} --fingerprint ${serverId} --token ${secret}`,
      };
    },
    async deleteJoinToken({ params }) {
      await machines.deleteJoinToken(params.id);
      return undefined;
    },
    listPeers: () => ({ peers: machines.peers() }),
  };
}
