/** What a person is told when the sensor was asked for more than it sends. */
import type { RateBounds, RateGuard } from '@maille/engine/probe/rate-guard';
import type { Finding } from '@maille/wire/link/messages';

export function rateFinding(held: RateGuard['held'], bounds: RateBounds): Finding[] {
  const count = held.total + held.prefix;
  if (count === 0) return [];
  const reasons = [
    held.total > 0 ? `it sends at most ${bounds.perSecond} probes a second` : '',
    held.prefix > 0
      ? `one prefix gets at most ${bounds.perSecondOfPrefix[4]} a second (a /24) or ${bounds.perSecondOfPrefix[6]} (a /64)`
      : '',
  ];
  const what = count === 1 ? '1 target is' : `${count} targets are`;
  return [
    {
      id: 'sensor-rate',
      severity: 'broken',
      title: `${what} not probed by the sensor: ${reasons.filter(Boolean).join('; ')}`,
      remedy: 'Give targets longer intervals, or let another agent probe some of them.',
    },
  ];
}
