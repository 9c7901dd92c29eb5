/**
 * How the CLI on the server's own machine signs in: an API token in a file that only the server's user
 * can read. Made anew at each start, so an old copy opens nothing.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { scopes } from '@maille/wire/rest/route';
import type { People } from '../people/people-directory.ts';
import type { ApiTokens } from './api-tokens.ts';

export async function writeLocalToken(file: string, people: People, tokens: ApiTokens): Promise<void> {
  const personId = await people.localPerson();
  await tokens.deleteAll(personId);
  const { secret } = await tokens.create(personId, {
    name: 'local',
    scopes: scopes.flatMap((scope) => [`${scope}:read`, `${scope}:write`]),
  });
  const temporary = `${file}.${process.pid}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  await rename(temporary, file);
}
