/** `maille peers [--follow]`: what this machine's presence sees, straight from the agent; no server is needed. */
import type { Peer } from '@maille/wire/presence/peer';
import { listPeers } from '@maille/wire/rest/machines';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { readPeerStream } from '../connection/peer-stream.ts';
import type { Context } from '../context.ts';
import { parseListenAddress } from '../supervise/listen-address.ts';
import { timeAgo } from '../terminal/relative-time.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

export const command = defineCommand({
  name: 'peers',
  summary: 'machines that this one sees on the network',
  usage: ['peers', 'peers --follow'],
  details:
    'Asks the agent of this machine. With MAILLE_URL set, it asks that server for what all its machines see.',
  options: {
    follow: { type: 'boolean', short: 'f', summary: 'go on with changes as they happen' },
    listen: {
      type: 'string',
      takes: 'HOST:PORT',
      env: 'MAILLE_PEERS_LISTEN',
      default: '127.0.0.1:4434',
      summary: 'where the agent gives its list',
    },
  },
  async run(context, { values, rest, json, dataDir }) {
    refuseArguments(rest, 'peers');
    if (context.environment.MAILLE_URL && !values.follow) {
      const { peers } = await connect(context, dataDir).call(listPeers);
      context.print(json ? JSON.stringify(peers) : peerTable(context, peers));
      return 0;
    }
    await readPeerStream(parseListenAddress(values.listen, '--listen'), (line) => {
      if (json && values.follow) context.print(JSON.stringify(line));
      else if (line.type === 'list') {
        context.print(json ? JSON.stringify(line.peers) : peerTable(context, line.peers));
      } else if (line.type === 'put') {
        context.print(
          `${paintState(context, line.peer.state, line.peer.state.padEnd(8))} ${describe(line.peer)}`,
        );
      } else context.print(`${context.paint.quiet('gone'.padEnd(8))} ${line.id.slice(0, 12)}`);
      return values.follow;
    });
    return 0;
  },
});

function paintState({ paint }: Context, state: Peer['state'], text: string): string {
  if (state === 'alive') return paint.good(text);
  return state === 'down' ? paint.bad(text) : state === 'suspect' ? paint.warn(text) : paint.quiet(text);
}

function describe(peer: Peer): string {
  const cloned = peer.cloned ? ' (cloned: two machines use this identity)' : '';
  return `${safeText(peer.hostname)} ${safeText(peer.addresses[0] ?? '')} ${peer.id.slice(0, 12)}${cloned}`;
}

function peerTable(context: Context, peers: Peer[]): string {
  if (peers.length === 0) return 'No other machine is in sight.';
  const nowMs = context.clock.wallMs();
  return formatTable<Peer>(
    [
      { title: 'PEER', of: (one) => `${one.hostname}${one.cloned ? ' (cloned)' : ''}` },
      {
        title: 'STATE',
        keepWhole: true,
        of: (one) => one.state,
        paint: (text, one) => paintState(context, one.state, text),
      },
      { title: 'SEEN', keepWhole: true, of: (one) => timeAgo(one.lastSeenMs, nowMs) },
      { title: 'ROLE', of: (one) => one.role },
      { title: 'ADDRESSES', of: (one) => one.addresses.join(' ') },
      { title: 'VERSION', of: (one) => one.version },
      { title: 'ID', keepWhole: true, of: (one) => one.id.slice(0, 12) },
    ],
    peers,
    context.width,
  );
}
