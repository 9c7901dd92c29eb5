/**
 * The systemd units. Each program gets what it does and nothing else; `systemd-analyze security` puts a
 * figure on it. V8 compiles at run time, so MemoryDenyWriteExecute is the one hardening that no Node
 * program can have.
 */
import { nodeStart } from '@maille/host/start/node-start';
import { installedDataDir, installedProgramDir, installedRunDir } from './installed-paths.ts';

export type Role = 'server' | 'agent';
export type UnitName = 'maille-server' | 'maille-agent' | 'maille-sensor';

export interface UnitFacts {
  architecture: string;
  /** Set where server and agent share this machine: they know each other from the start. */
  localAgentId?: string;
  localServerId?: string;
}

export const unitsOf: Record<Role, UnitName[]> = {
  server: ['maille-server'],
  agent: ['maille-sensor', 'maille-agent'],
};

/** What no part of Maille needs. */
const hardening = `NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
# Node asks for more open files as it starts: told no, it goes on; killed, it would not.
SystemCallErrorNumber=EPERM
UMask=0077`;

/** It serves pages and links, and needs no right at all. */
const serverService = (facts: UnitFacts) => `User=maille
Group=maille
StateDirectory=maille
StateDirectoryMode=0700
Environment=MAILLE_DATA_DIR=${installedDataDir}
${facts.localAgentId ? `Environment=MAILLE_LOCAL_AGENT_ID=${facts.localAgentId}\n` : ''}EnvironmentFile=-/etc/maille/server.env
# Its first line holds a sign-in link: that is for \`maille sign-in-link\`, not for the journal.
StandardOutput=null
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
${hardening}`;

const agentService = (facts: UnitFacts) => `User=maille
Group=maille
StateDirectory=maille
StateDirectoryMode=0700
Environment=MAILLE_DATA_DIR=${installedDataDir}
Environment=MAILLE_RUN_DIR=${installedRunDir}
${
  facts.localServerId
    ? `Environment=MAILLE_SERVER_URL=wss://127.0.0.1:4443/link\nEnvironment=MAILLE_SERVER_ID=${facts.localServerId}\n`
    : ''
}EnvironmentFile=-/etc/maille/agent.env
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
${hardening}`;

/**
 * Root until its sockets are open; then it becomes maille in an empty root. So it holds the rights for
 * just that, and the system calls for just that; CAP_NET_ADMIN is for buffers that survive a busy moment,
 * AF_PACKET for the kernel's stamps of refused connections.
 */
const sensorService = () => `ReadWritePaths=${installedRunDir}
Environment=MAILLE_RUN_DIR=${installedRunDir}
Environment=MAILLE_SENSOR_USER=maille
EnvironmentFile=-/etc/maille/sensor.env
CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN CAP_SETUID CAP_SETGID CAP_SYS_CHROOT
AmbientCapabilities=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
SystemCallFilter=@system-service chroot
SystemCallFilter=~@resources
${hardening}`;

/**
 * The sensor listens as the owner of this folder, so that the agent may connect and nobody else; the
 * empty folder becomes the sensor's whole file system. Made at boot, because both programs meet there.
 */
export const tmpfilesText = `# Written by \`maille install\`.
d ${installedRunDir} 0755 maille maille
d ${installedRunDir}/sensor-root 0755 root root
`;

export function unitText(name: UnitName, facts: UnitFacts): string {
  const program = {
    'maille-server': 'server/main.ts',
    'maille-agent': 'agent/main.ts',
    'maille-sensor': 'agent/sensor-main.ts',
  }[name];
  const description = {
    'maille-server': 'Maille server: pages, API and the link to agents',
    'maille-agent': 'Maille agent: finds peers, and hands samples to its server',
    'maille-sensor': 'Maille sensor: sends echoes and receives them',
  }[name];
  const after = {
    'maille-server': 'After=network-online.target\nWants=network-online.target',
    'maille-agent':
      'After=network-online.target maille-sensor.service\nWants=network-online.target maille-sensor.service',
    'maille-sensor': 'After=network.target',
  }[name];
  const service = {
    'maille-server': serverService,
    'maille-agent': agentService,
    'maille-sensor': sensorService,
  }[name](facts);
  const node = `${installedProgramDir}/node_modules/node-linux-${facts.architecture}/bin/node`;
  const start = nodeStart(program);
  const settings = Object.entries(start.environment).map(([key, value]) => `Environment=${key}=${value}\n`);
  return `# Written by \`maille install\`, and written anew by each later one. Your own changes go into
# \`systemctl edit ${name}\`.
[Unit]
Description=${description}
${after}
# However often it falls, it is started again.
StartLimitIntervalSec=0

[Service]
Type=exec
${settings.join('')}ExecStart=${node} ${start.flags.join(' ')} ${installedProgramDir}/apps/${program}
Restart=always
RestartSec=1
RestartForceExitStatus=75
TimeoutStopSec=15
LimitNOFILE=65536
${service}

[Install]
WantedBy=multi-user.target
`;
}
