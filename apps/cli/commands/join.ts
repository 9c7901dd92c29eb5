/**
 * `maille join`: tells this machine's agent to which server it belongs. The fingerprint pins the
 * server's key, so that nobody between can play the server; the token spares the click.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Problem } from '@maille/base/problem';
import { asRoot, rootAccess } from '@maille/host/doctor/as-root';
import { mailleCommand } from '@maille/host/doctor/host-evidence';
import { LINK_PATH } from '@maille/wire/link/messages';
import { checker, PartyId } from '@maille/wire/schema';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { installedDataDir } from '../install/installed-paths.ts';
import { installedRoles } from '../install/look-at-machine.ts';

const usage = 'join https://HOST:4443 --fingerprint ID [--token TOKEN]';

export const command = defineCommand({
  name: 'join',
  summary: 'make this machine’s agent belong to a server',
  usage: [usage],
  details:
    'The server gives this whole command: maille join-token create, or Machines in its pages. Without a token, somebody has to approve the machine there.',
  options: {
    fingerprint: {
      type: 'string',
      short: 'f',
      takes: 'ID',
      summary: 'the server’s id, 32 hexadecimal digits',
    },
    token: { type: 'string', short: 't', takes: 'TOKEN', summary: 'a join token: nobody has to approve' },
  },
  async run(context, { values, rest, json, dataDir }) {
    const [address, ...more] = requireArguments(rest, usage);
    refuseArguments(more, usage);
    const url = linkUrl(address);
    const serverId = requireFingerprint(values.fingerprint);
    const file = join(dataDir, 'agent', 'server.json');
    writePin(file, { url, serverId, ...(values.token !== undefined && { token: values.token }) });

    const isInstalled = dataDir === installedDataDir && installedRoles().includes('agent');
    if (isInstalled) spawnSync('systemctl', ['restart', 'maille-agent']);
    if (json) context.print(JSON.stringify({ url, serverId, file, restarted: isInstalled }));
    else if (isInstalled) context.print(`The agent now belongs to ${new URL(url).host}.`);
    else {
      const maille = mailleCommand();
      context.print(
        `Noted; whether ${new URL(url).host} is there and is that server, the agent finds out. To keep it running: ${asRoot(rootAccess(), `${maille} install agent`)}\nTo try it, in two terminals: ${maille} sensor, and ${maille} agent`,
      );
    }
    return 0;
  },
});

export function linkUrl(address: string): string {
  const text = /^[a-z]+:\/\//.test(address) ? address : `https://${address}`;
  if (!URL.canParse(text)) throw new UsageError(`${address} is no address: ${usage}`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'wss:') {
    throw new UsageError('a link is always encrypted: the address begins with https://.');
  }
  url.protocol = 'wss:';
  if (url.port === '' && !/:443(\/|$)/.test(text)) url.port = '4443';
  url.pathname = LINK_PATH;
  url.search = '';
  url.hash = '';
  return url.href;
}

function requireFingerprint(text: string | undefined): string {
  if (text === undefined) {
    throw new UsageError(
      '--fingerprint is missing: the server shows it in its pages, Machines ▸ Add a machine; there, maille join-token create prints the whole command.',
    );
  }
  const id = text.toLowerCase().replaceAll(/[\s:-]/g, '');
  if (!checker(PartyId).fits(id)) {
    throw new UsageError(`--fingerprint takes 32 hexadecimal digits; ${text} is not that.`);
  }
  return id;
}

function writePin(file: string, pin: { url: string; serverId: string; token?: string }): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = `${file}.new`;
    writeFileSync(fresh, `${JSON.stringify(pin, null, 2)}\n`, { mode: 0o600 });
    // As root in an installed machine's folder, the file still has to be the agent's.
    const { uid, gid } = statSync(dirname(folder));
    if (process.geteuid?.() === 0) for (const path of [folder, fresh]) chownSync(path, uid, gid);
    renameSync(fresh, file);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new Problem('forbidden', `${file} cannot be written (${why})`, {
      remedy: existsSync(installedDataDir)
        ? `sudo maille ${usage}`
        : 'Choose another folder with --data FOLDER.',
      cause,
    });
  }
}
