/**
 * Keeps the choice of who speaks for each prefix true: chosen anew when targets or settings change, and every
 * half minute, for one may have gone silent while another answers. Silence is only believed when it lasts,
 * so that a short outage does not break a route's history in two.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import type { Bus } from '@maille/store/bus/bus';
import type { Settings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { TargetPulse } from '../overview/target-pulse.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { chooseSpeakers, groupOf } from './choose-speakers.ts';

const SOON_MS = 500;
const AGAIN_MS = 30_000;
export const BELIEVED_SILENT_MS = 180_000;

export interface PrefixSpeakersOptions {
  targets: Pick<TargetRegistry, 'list' | 'get' | 'setPrefixPlans'>;
  pulse: Pick<TargetPulse, 'state'>;
  settings: () => Settings;
  /** There is a route to it from an earlier time. */
  isKnown(targetId: number): boolean;
  bus: Bus;
  clock: Clock;
  log: Log;
}

export interface PrefixSpeakers extends Part {
  /** Who speaks for the prefix of this target: itself, another, or nobody. */
  speakerOf(targetId: number): number | undefined;
  /** Chooses now. */
  keep(): Promise<void>;
}

export function createPrefixSpeakers(options: PrefixSpeakersOptions): PrefixSpeakers {
  const { targets, pulse, settings, isKnown, bus, clock, log } = options;
  let byGroup: ReadonlyMap<string, number> = new Map();
  let cancelSoon: Cancel | undefined;

  function answers(target: Target): boolean {
    const { state, sinceMs } = pulse.state(target);
    // A port that says no stands at the end of a route all the same.
    if (state === 'answering' || state === 'refusing') return true;
    if (state !== 'silent' || sinceMs === undefined) return false;
    const speaks = byGroup.get(groupOf(target) ?? '') === target.id;
    return speaks && clock.wallMs() - sinceMs < BELIEVED_SILENT_MS;
  }

  async function keep(): Promise<void> {
    const chosen = chooseSpeakers({
      targets: targets.list().targets,
      settings: settings(),
      before: byGroup,
      answers,
      isKnown,
    });
    byGroup = chosen.byGroup;
    await targets.setPrefixPlans(chosen.plans);
  }
  const logged = () => {
    keep().catch((error) => log.error({ err: error }, 'who is traced for a prefix could not be chosen'));
  };
  const soon = () => {
    cancelSoon ??= clock.after(SOON_MS, () => {
      cancelSoon = undefined;
      logged();
    });
  };
  const stops = [
    clock.every(AGAIN_MS, logged),
    bus.subscribe('settings', soon),
    // Only what can change the choice: otherwise telling agents of it would be news without end.
    bus.subscribe('targets', ({ put, remove }) => {
      const speaking = new Set(byGroup.values());
      const isNews = (target: Target) => {
        const group = groupOf(target);
        if (group === undefined) return false;
        return !byGroup.has(group) || (speaking.has(target.id) && byGroup.get(group) !== target.id);
      };
      if (remove.some((id) => speaking.has(id)) || put.some(isNews)) soon();
    }),
  ];

  return {
    speakerOf(targetId) {
      const target = targets.get(targetId);
      const group = target && groupOf(target);
      return group === undefined ? undefined : byGroup.get(group);
    },
    keep,
    stop() {
      cancelSoon?.();
      for (const stop of stops) stop();
    },
  };
}
