/** What it takes to install: pure, from what is known of the machine to a list of steps. */
import {
  installedCommand,
  installedDataDir,
  installedProgramDir,
  installedRunDir,
} from './installed-paths.ts';
import type { Step } from './step.ts';
import { type Role, tmpfilesText, type UnitFacts, type UnitName, unitsOf, unitText } from './unit-text.ts';

export interface InstallFacts extends UnitFacts {
  hasUserMaille: boolean;
  /** Where this program runs from. */
  projectRoot: string;
  /** Roles that are installed already: they are brought up to date as well. */
  installed: Role[];
  /** The server that `maille join` noted in a checkout, to be taken over by the installed agent. */
  joinedServerFile?: string;
}

const settingsFiles = {
  server: `# Settings of maille-server, one NAME=value a line. These stand where nothing else is said:
#MAILLE_HTTP_LISTEN=127.0.0.1:4480
#MAILLE_HTTPS_LISTEN=[::]:4443
#MAILLE_LOG_LEVEL=info
`,
  agent: `# Settings of maille-agent, one NAME=value a line. These stand where nothing else is said:
#MAILLE_PRESENCE=on
#MAILLE_PRESENCE_PORT=4432
#MAILLE_PEERS_LISTEN=127.0.0.1:4434
`,
  sensor: `# Settings of maille-sensor, one NAME=value a line. No server can change them.
# The only prefixes that this machine probes, whatever its server asks for; without it, any. Loopback is not added:
#MAILLE_OWN_PREFIXES=10.0.0.0/8,fd00::/8,127.0.0.0/8
# The most probes a second that it sends:
#MAILLE_MAX_PROBES_PER_SECOND=60000
`,
};
const settingsOf: Record<Role, (keyof typeof settingsFiles)[]> = {
  server: ['server'],
  agent: ['agent', 'sensor'],
};
const settingsFile = (name: string) => `/etc/maille/${name}.env`;

const tmpfilesFile = '/etc/tmpfiles.d/maille.conf';
const makeRunFolder: Step[] = [
  { do: 'write', file: tmpfilesFile, content: tmpfilesText, mode: 0o644 },
  { do: 'run', argv: ['systemd-tmpfiles', '--create', tmpfilesFile] },
];

export function planInstall(roles: Role[], facts: InstallFacts): Step[] {
  const all = [...new Set([...facts.installed, ...roles])].sort().reverse(); // the server first
  const units = all.flatMap((role) => unitsOf[role]);
  const userAdd: Step = {
    do: 'run',
    argv: [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      installedDataDir,
      '--shell',
      '/usr/sbin/nologin',
      'maille',
    ],
  };
  return [
    ...(facts.hasUserMaille ? [] : [userAdd]),
    ...(facts.projectRoot === installedProgramDir
      ? []
      : [{ do: 'copy-program', from: facts.projectRoot, to: installedProgramDir } as const]),
    { do: 'link', file: installedCommand, to: `${installedProgramDir}/maille` },
    { do: 'folder', folder: installedDataDir, mode: 0o700 },
    ...(facts.joinedServerFile && all.includes('agent')
      ? ([
          { do: 'folder', folder: `${installedDataDir}/agent`, mode: 0o700 },
          {
            do: 'run',
            argv: ['cp', '--no-clobber', facts.joinedServerFile, `${installedDataDir}/agent/server.json`],
          },
        ] as const)
      : []),
    // An uninstall leaves the data to root; and the number of the user may be another one this time.
    { do: 'run', argv: ['chown', '--recursive', 'maille:maille', installedDataDir] },
    ...all
      .flatMap((role) => settingsOf[role])
      .map(
        (name): Step => ({
          do: 'write',
          file: settingsFile(name),
          content: settingsFiles[name],
          mode: 0o644,
          keepExisting: true,
        }),
      ),
    ...units.map(
      (name): Step => ({
        do: 'write',
        file: unitFile(name),
        content: unitText(name, facts),
        mode: 0o644,
      }),
    ),
    ...(all.includes('agent') ? makeRunFolder : []),
    { do: 'run', argv: ['systemctl', 'daemon-reload'] },
    { do: 'run', argv: ['systemctl', 'enable', '--quiet', ...units] },
    { do: 'run', argv: ['systemctl', 'restart', ...units] },
  ];
}

export interface UninstallFacts {
  /** Roles that stay. */
  staying: Role[];
  hasUserMaille: boolean;
  hasData: boolean;
}

/** Leaves nothing but the data, which root then owns; with `purge` not even that. */
export function planUninstall(roles: Role[], facts: UninstallFacts, purge: boolean): Step[] {
  const units = roles.flatMap((role) => unitsOf[role]);
  const isLast = facts.staying.length === 0;
  return [
    { do: 'run', argv: ['systemctl', 'disable', '--now', '--quiet', ...units], mayFail: true },
    ...units.flatMap((name): Step[] => [
      { do: 'remove', path: unitFile(name) },
      { do: 'remove', path: `${unitFile(name)}.d` },
    ]),
    { do: 'run', argv: ['systemctl', 'daemon-reload'] },
    { do: 'run', argv: ['systemctl', 'reset-failed', ...units], mayFail: true },
    ...roles
      .flatMap((role) => settingsOf[role])
      .map((name): Step => ({ do: 'remove', path: settingsFile(name) })),
    ...(roles.includes('agent')
      ? [{ do: 'remove', path: tmpfilesFile } as const, { do: 'remove', path: installedRunDir } as const]
      : []),
    ...(isLast ? removeRest(facts, purge) : []),
  ];
}

function removeRest(facts: UninstallFacts, purge: boolean): Step[] {
  return [
    { do: 'remove', path: '/etc/maille' },
    { do: 'remove', path: installedCommand },
    { do: 'remove', path: installedProgramDir },
    ...(purge
      ? [{ do: 'remove', path: installedDataDir } as const]
      : facts.hasData
        ? [{ do: 'run', argv: ['chown', '--recursive', 'root:root', installedDataDir] } as const]
        : []),
    ...(facts.hasUserMaille ? [{ do: 'run', argv: ['userdel', 'maille'] } as const] : []),
  ];
}

export function unitFile(name: UnitName): string {
  return `/etc/systemd/system/${name}.service`;
}
