/** The one machine that a person means: by its label, its host name, or the beginning of its id. */
import { Problem } from '@maille/base/problem';
import type { Machine } from '@maille/wire/rest/machines';

/** What people call it: its label, or its own name while it has none. */
export function machineName(machine: Machine): string {
  return machine.label || machine.facts.hostname;
}

export function chooseMachine(machines: Machine[], word: string): Machine {
  const exact = machines.filter(
    (one) => one.id === word || one.label === word || one.facts.hostname === word,
  );
  const found =
    exact.length > 0
      ? exact
      : machines.filter((one) => /^[0-9a-f]{4,}$/.test(word) && one.id.startsWith(word));
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new Problem('conflict', `${word} is ${found.length} machines`, {
      remedy: `Say which by its id: ${found.map((one) => one.id.slice(0, 12)).join(', ')}`,
    });
  }
  throw new Problem('not-found', `there is no machine ${word}`, { remedy: 'maille machines' });
}
