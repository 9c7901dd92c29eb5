/** Many seeded networks traced for many rounds: what was told that was no change, and what came too late. */
import { createRouteHistory } from '@maille/engine/route/route-history';
import { createRandom } from './random.ts';
import { createRouteWorld } from './route-world.ts';

export interface RouteTrialOptions {
  targets: number;
  /** Rounds without a true change, each target. */
  rounds: number;
  flows: number;
  lossRatio: number;
}

export function runRouteTrial({ targets, rounds, flows, lossRatio }: RouteTrialOptions) {
  const result = {
    rounds: 0,
    falseChanges: 0,
    changes: 0,
    foundInThree: 0,
    toldTwice: 0,
    notes: [] as string[],
  };
  for (let number = 1; number <= targets; number++) {
    const world = createRouteWorld({ seed: number * 101, flows, lossRatio, targetId: number });
    const history = createRouteHistory();
    const random = createRandom(number);
    const next = () => {
      result.rounds++;
      return history.observe(1, world.round())?.change;
    };
    for (let i = 0; i < rounds; i++) {
      if (i % 5 === 0 && random() < 0.1) world.rehash(); // one at a time
      if (random() < 0.01) world.toggleTarget();
      if (!next()) continue;
      result.falseChanges++;
      result.notes.push(`false, target ${number}, round ${i}: ${world.describe()}`);
    }
    world.wakeTarget();
    for (let i = 0; i < 3; i++) if (next()) result.falseChanges++;
    for (let i = 0; i < 4; i++) {
      const before = world.describe();
      const what = world.change();
      result.changes++;
      let told = 0;
      for (let round = 1; round <= 12; round++) {
        if (!next()) continue;
        told++;
        if (told === 1 && round <= 3) result.foundInThree++;
        if (told > 1) result.toldTwice++;
      }
      if (told !== 1)
        result.notes.push(`${what} told ${told} times, target ${number}: ${before} → ${world.describe()}`);
    }
  }
  return result;
}
