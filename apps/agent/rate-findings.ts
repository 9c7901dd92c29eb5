/** What a person is told when the sensor was asked for more than it sends, and of the bounds set by hand. */
import { OUTSIDE_REMEDY } from '@maille/engine/probe/own-prefixes';
import type { RateBounds, RateGuard } from '@maille/engine/probe/rate-guard';
import type { Finding } from '@maille/wire/link/messages';

export function rateFindings(held: RateGuard['held'], bounds: RateBounds): Finding[] {
  return [...ownPrefixFindings(held, bounds), ...overRateFindings(held, bounds)];
}

function overRateFindings(held: RateGuard['held'], bounds: RateBounds): Finding[] {
  const count = held.total + held.prefix;
  if (count === 0) return [];
  const reasons = [
    held.total > 0 ? `it sends at most ${bounds.perSecond} probes a second` : '',
    held.prefix > 0
      ? `one prefix gets at most ${bounds.perSecondOfPrefix[4]} a second (a /24) or ${bounds.perSecondOfPrefix[6]} (a /64)`
      : '',
  ];
  return [
    {
      id: 'sensor-rate',
      severity: 'broken',
      title: `${targetsAre(count)} not probed by the sensor: ${reasons.filter(Boolean).join('; ')}`,
      remedy: 'Give targets longer intervals, or let another agent probe some of them.',
    },
  ];
}

const MAX_TITLE = 200;

function ownPrefixFindings({ outside }: RateGuard['held'], { ownPrefixes }: RateBounds): Finding[] {
  if (!ownPrefixes) return [];
  const list = ownPrefixes.texts.join(', ');
  const said = (title: string) => (title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1)}…` : title);
  const id = 'sensor-own-prefixes';
  if (outside === 0)
    return [{ id, severity: 'fine', title: said(`The sensor probes nothing outside of ${list}`) }];
  return [
    {
      id,
      severity: 'broken',
      title: said(`${targetsAre(outside)} not probed: outside this machine’s own prefixes, ${list}`),
      remedy: OUTSIDE_REMEDY,
    },
  ];
}

const targetsAre = (count: number) => (count === 1 ? '1 target is' : `${count} targets are`);
