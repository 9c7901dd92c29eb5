/** `maille sign-in-link`: the way back in for who is locked out, for whoever owns the machine. */
import { createSignInLink, listPeople } from '@maille/wire/rest/people';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { connect } from '../connection/connect.ts';
import { choosePerson } from '../connection/sign-in-as.ts';
import { safeText } from '../terminal/safe-text.ts';

export const command = defineCommand({
  name: 'sign-in-link',
  summary: 'a link that signs a person in once, for who is locked out',
  usage: ['sign-in-link', 'sign-in-link LOGIN'],
  details: 'Without a login it is for the only admin.',
  options: {},
  async run(context, { rest, json, dataDir }) {
    if (rest.length > 1) throw new UsageError('a link is for one person.');
    const connection = connect(context, dataDir);
    const { call } = connection;
    const { people } = await call(listPeople);
    const person = choosePerson(people, rest[0]);
    const link = await call(createSignInLink, { params: { id: person.id } });
    if (json) {
      context.print(JSON.stringify({ login: person.login, ...link }));
    } else {
      const hours = Math.round((link.expiresAtMs - context.clock.wallMs()) / 3_600_000);
      context.say(
        `For ${safeText(person.login)}, once, within ${hours === 1 ? 'an hour' : `${hours} hours`}:`,
      );
      context.print(safeText(link.url));
      const local = localForm(link.url, connection.url);
      if (local) context.say(`On this machine also as ${local}`);
    }
    return 0;
  },
});

/** The same link by loopback, which needs no certificate. */
function localForm(url: string, serverUrl: string): string | undefined {
  const link = new URL(url);
  const { protocol, hostname, port } = new URL(serverUrl);
  if (protocol !== 'http:' || !hostname.startsWith('127.') || link.protocol === 'http:') return undefined;
  return `http://localhost:${port}${link.pathname}${link.hash}`;
}
