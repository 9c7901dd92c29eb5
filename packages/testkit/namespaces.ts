/**
 * Networks made of Linux network namespaces: hosts on bridges, for tests that need real packets between
 * real stacks. Root only. Names start with `mlt`; everything goes when `remove` is called, and nothing
 * outside of the namespaces is touched: the bridges have a namespace of their own.
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export interface Namespace {
  name: string;
  /** Runs `ip -n NAME …`. */
  ip(...args: string[]): void;
  /** Runs a command inside and returns its standard output. */
  run(command: string, ...args: string[]): string;
  /** Starts a command inside; the caller ends it. */
  spawn(command: string, args: string[], options?: SpawnOptions): ChildProcess;
}

export interface Network {
  /** A host with loopback up. */
  addNamespace(label: string): Namespace;
  /** A switch that hosts can be plugged into. */
  addBridge(label: string): string;
  /** Plugs a host into a bridge: `device` appears in the host, up, with these addresses (`10.99.0.1/24`). */
  plug(host: Namespace, bridge: string, device: string, addresses: string[]): void;
  /** Cuts or mends a host's cable without touching its side. */
  setCable(host: Namespace, device: string, connected: boolean): void;
  /** A direct cable between two hosts. */
  connect(
    a: Namespace,
    deviceA: string,
    addressesA: string[],
    b: Namespace,
    deviceB: string,
    addressesB: string[],
  ): void;
  /** Part of every name, to find what belongs to this network. */
  readonly id: string;
  remove(): void;
}

export const canMakeNamespaces = process.platform === 'linux' && process.getuid?.() === 0;

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export function createNetwork(): Network {
  const id = randomBytes(3).toString('hex');
  const namespaces: string[] = [];
  const cables = new Map<string, string>();
  let serial = 0;

  const create = (label: string): Namespace => {
    const name = `mlt${id}-${label}`;
    ip('netns', 'add', name);
    namespaces.push(name);
    const inside = ['netns', 'exec', name];
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return {
      name,
      ip: (...args) => ip('-n', name, ...args),
      run: (command, ...args) => execFileSync('ip', [...inside, command, ...args], { encoding: 'utf8' }),
      spawn: (command, args, options = {}) => spawn('ip', [...inside, command, ...args], options),
    };
  };
  const switches = create('switch');
  const address = (host: Namespace, device: string, addresses: string[]) => {
    for (const one of addresses) {
      host.ip('address', 'add', one, 'dev', device, ...(one.includes(':') ? ['nodad'] : []));
    }
    host.ip('link', 'set', device, 'up');
  };

  return {
    id,
    addNamespace: create,
    addBridge(label) {
      switches.ip('link', 'add', label, 'type', 'bridge');
      // Without this a bridge takes IPv6 multicast that nobody has asked for yet to be unwanted.
      switches.run('sh', '-c', `echo 0 > /sys/class/net/${label}/bridge/multicast_snooping`);
      switches.ip('link', 'set', label, 'up');
      return label;
    },
    plug(host, bridge, device, addresses) {
      const far = `c${serial++}`;
      ip(
        'link',
        'add',
        device,
        'netns',
        host.name,
        'type',
        'veth',
        'peer',
        'name',
        far,
        'netns',
        switches.name,
      );
      switches.ip('link', 'set', far, 'master', bridge);
      switches.ip('link', 'set', far, 'up');
      cables.set(`${host.name}/${device}`, far);
      address(host, device, addresses);
    },
    setCable(host, device, connected) {
      switches.ip('link', 'set', cables.get(`${host.name}/${device}`) as string, connected ? 'up' : 'down');
    },
    connect(a, deviceA, addressesA, b, deviceB, addressesB) {
      ip('link', 'add', deviceA, 'netns', a.name, 'type', 'veth', 'peer', 'name', deviceB, 'netns', b.name);
      address(a, deviceA, addressesA);
      address(b, deviceB, addressesB);
    },
    remove() {
      for (const name of namespaces.splice(0)) {
        try {
          ip('netns', 'delete', name);
        } catch {
          // Gone already: the next one still has to go.
        }
      }
    },
  };
}
