/**
 * API tokens belong to people, and no token may make another: that is the API's rule, and it is right.
 * Who can read the local token is the machine's owner, and may sign in as a person by a link; so the
 * command does just that, in sight of the audit log, and signs out again.
 */
import { Problem } from '@maille/base/problem';
import { type Call, createCall } from '@maille/wire/rest/client';
import { createSignInLink, listPeople, type Person, signInByLink, signOut } from '@maille/wire/rest/people';
import type { Connection } from './connect.ts';

export function choosePerson(people: Person[], login: string | undefined): Person {
  const able = people.filter(({ disabled }) => !disabled);
  const found =
    login === undefined
      ? able.filter(({ role }) => role === 'admin')
      : able.filter((one) => one.login === login);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (login !== undefined) {
    throw new Problem('not-found', `there is no person ${login}`, {
      remedy: `There are: ${able.map((one) => one.login).join(', ')}`,
    });
  }
  throw new Problem('conflict', found.length === 0 ? 'there is no admin yet' : 'there are several admins', {
    remedy:
      found.length === 0
        ? 'Open the link that `maille up` prints.'
        : `Say who: --person ${found.map((one) => one.login).join(' | ')}`,
  });
}

/** Runs `work` signed in as that person, with a session that ends with it. */
export async function signInAs<T>(
  connection: Connection,
  login: string | undefined,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const { people } = await connection.call(listPeople);
  const person = choosePerson(people, login);
  const { url } = await connection.call(createSignInLink, { params: { id: person.id } });
  const token = linkToken(url);
  let cookie = '';
  const keepCookie: typeof fetch = async (...args) => {
    const response = await fetch(...args);
    const set = response.headers.getSetCookie().map((one) => one.split(';')[0]);
    if (set.length > 0) cookie = set.join('; ');
    return response;
  };
  const origin = new URL(connection.url).origin;
  const { me } = await createCall(
    connection.url,
    () => ({ origin }),
    keepCookie,
  )(signInByLink, { body: { token } });
  const call = createCall(connection.url, () => ({ origin, cookie, 'x-maille-csrf': me.csrf }));
  try {
    return await work(call);
  } finally {
    await call(signOut);
  }
}

/** The secret of a sign-in link stands behind `#`, where no log of a proxy sees it. */
function linkToken(url: string): string {
  const token = new URL(url).hash.slice(1);
  if (!token) throw new Problem('internal', 'the server gave a sign-in link without a token');
  return token;
}
