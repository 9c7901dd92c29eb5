/** To which server this agent belongs: told by its environment, or kept in agent/server.json (`maille join`). */
import type { Log } from '@maille/base/log';
import type { ServerAddress } from '@maille/engine/link/agent-link';
import { checker, PartyId } from '@maille/wire/schema';
import Type from 'typebox';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const ServerFile = Type.Object({
  url: Type.String({ pattern: '^wss://', maxLength: 500 }),
  serverId: Type.Optional(PartyId),
  token: Type.Optional(Type.String({ maxLength: 200 })),
});
const serverFile = checker(ServerFile);

export interface ServerBook {
  current(): ServerAddress | undefined;
  learned(server: ServerAddress): void;
}

export function createServerBook(file: string, told: ServerAddress | undefined, log: Log): ServerBook {
  return {
    current() {
      const kept = readJsonFile(file, serverFile, log);
      if (!told) return kept;
      // Who was trusted at first contact stays the one to trust, whatever the address is now.
      return { url: told.url, serverId: told.serverId ?? kept?.serverId, token: told.token ?? kept?.token };
    },
    learned(server) {
      if (told?.serverId !== undefined) return;
      try {
        writeJsonFile(file, server);
      } catch (error) {
        log.error({ err: error, file }, 'could not keep which server this agent trusts');
      }
    },
  };
}
