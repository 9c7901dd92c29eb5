/** One way of probing at a time: a host that is probed in two ways is two targets, and has one place. */
import { useText } from '@maille/ui/language/language.tsx';
import { ICMP, tcpPortOf } from '@maille/wire/probe-method';
import type { Target } from '@maille/wire/rest/targets';
import { NativeSelect } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { watchText } from './watch-text.ts';

/** Echoes first, then ports by number. */
export function probesOf(targets: ReadonlyMap<number, Target>): string[] {
  const found = new Set<string>();
  for (const { probe } of targets.values()) found.add(probe);
  return [...found].sort((a, b) => (tcpPortOf(a) ?? 0) - (tcpPortOf(b) ?? 0));
}

/** The targets probed in the way that is chosen; in the first way there is, where that one is not. */
export function useProbe(targets: ReadonlyMap<number, Target>, chosen: string | undefined) {
  return useMemo(() => {
    const probes = probesOf(targets);
    const probe = probes.find((one) => one === chosen) ?? probes[0] ?? ICMP;
    const shown =
      probes.length < 2 ? targets : new Map([...targets].filter(([, target]) => target.probe === probe));
    return { probes, probe, shown };
  }, [targets, chosen]);
}

export function useProbeName(): (probe: string) => string {
  const text = useText(watchText);
  return useCallback(
    (probe) => {
      const port = tcpPortOf(probe);
      return port === undefined ? text('ping') : text('tcpPort', { port: String(port) });
    },
    [text],
  );
}

/** Absent where there is nothing to choose. */
export function ProbeChoice({
  probes,
  probe,
  onChange,
}: {
  probes: readonly string[];
  probe: string;
  onChange(probe: string): void;
}) {
  const text = useText(watchText);
  const nameOf = useProbeName();
  if (probes.length < 2) return null;
  return (
    <NativeSelect
      aria-label={text('probe')}
      value={probe}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={probes.map((value) => ({ value, label: nameOf(value) }))}
    />
  );
}
