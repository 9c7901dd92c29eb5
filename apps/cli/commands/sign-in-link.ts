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
    const { call } = connect(context, dataDir);
    const { people } = await call(listPeople);
    const person = choosePerson(people, rest[0]);
    const link = await call(createSignInLink, { params: { id: person.id } });
    if (json) {
      context.print(JSON.stringify({ login: person.login, ...link }));
    } else {
      const minutes = Math.round((link.expiresAtMs - context.clock.wallMs()) / 60_000);
      context.say(`For ${safeText(person.login)}, once, within ${minutes} minutes:`);
      context.print(safeText(link.url));
    }
    return 0;
  },
});
