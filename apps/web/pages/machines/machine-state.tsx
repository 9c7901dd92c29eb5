import { useText } from '@maille/ui/language/language.tsx';
import type { Machine, SeenPeer } from '@maille/wire/rest/machines';
import { StateMark, type StateTone } from '../../parts/state-mark.tsx';
import { machinesText } from './machines-text.ts';

type StateWord =
  | 'stateApproved'
  | 'stateDisconnected'
  | 'statePending'
  | 'stateRejected'
  | 'stateReauthenticate';

/** Worst first: what sorting by state means. */
export function stateOf(machine: Machine): { rank: number; tone: StateTone; word: StateWord } {
  if (machine.state === 'pending') return { rank: 0, tone: 'notable', word: 'statePending' };
  if (machine.state === 'reauthenticate') return { rank: 1, tone: 'notable', word: 'stateReauthenticate' };
  if (machine.state === 'rejected') return { rank: 4, tone: 'off', word: 'stateRejected' };
  return machine.connected
    ? { rank: 3, tone: 'calm', word: 'stateApproved' }
    : { rank: 2, tone: 'severe', word: 'stateDisconnected' };
}

export function MachineStateMark({ machine }: { machine: Machine }) {
  const text = useText(machinesText);
  const { tone, word } = stateOf(machine);
  return <StateMark tone={tone} label={text(word)} />;
}

export const peerStates = {
  alive: { rank: 3, tone: 'calm', word: 'peerAlive' },
  suspect: { rank: 1, tone: 'notable', word: 'peerSuspect' },
  down: { rank: 0, tone: 'severe', word: 'peerDown' },
  left: { rank: 2, tone: 'off', word: 'peerLeft' },
} as const satisfies Record<SeenPeer['state'], { rank: number; tone: StateTone; word: string }>;

export function PeerStateMark({ peer }: { peer: SeenPeer }) {
  const text = useText(machinesText);
  const { tone, word } = peerStates[peer.state];
  if (peer.cloned) return <StateMark tone="severe" label={text('peerCloned')} />;
  return <StateMark tone={tone} label={text(word)} />;
}
