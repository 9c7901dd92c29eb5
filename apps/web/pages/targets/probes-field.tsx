/** How to probe what is added: echoes, the ports that everybody has, and any others. */
import { useText } from '@maille/ui/language/language.tsx';
import { MAX_METHODS_AT_ONCE } from '@maille/wire/probe-method';
import { Checkbox, Group, TextInput } from '@mantine/core';
import { useProbeName } from '../../watch/probe-choice.tsx';
import { offeredWays, type ProbeWays, readProbeWays } from './probe-ways.ts';
import { targetsText } from './targets-text.ts';

/** Sixteen ports of five digits, with room to type badly. */
const MAX_PORTS_TEXT = 200;

export function ProbesField({ value, onChange }: { value: ProbeWays; onChange: (value: ProbeWays) => void }) {
  const text = useText(targetsText);
  const nameOf = useProbeName();
  const { wrong, tooMany, probes } = readProbeWays(value);
  const portsError =
    wrong.length > 0
      ? text('noPort', {
          count: wrong.length,
          wrong: wrong.map((word) => text('quoted', { word })).join(', '),
        })
      : tooMany && text('tooManyProbes', { count: MAX_METHODS_AT_ONCE });
  return (
    <Group gap="xl" align="flex-start" wrap="wrap">
      <Checkbox.Group
        label={text('probes')}
        description={text('probesHint')}
        value={[...value.ticked]}
        onChange={(ticked) => onChange({ ...value, ticked })}
        error={probes.length === 0 && !portsError && text('needProbe')}
      >
        <Group gap="lg" mt={8} mb={4}>
          {offeredWays.map((way) => (
            <Checkbox key={way} value={way} label={nameOf(way)} />
          ))}
        </Group>
      </Checkbox.Group>
      <TextInput
        style={{ flex: '1 1 12rem' }}
        label={text('otherPorts')}
        description={text('otherPortsHint')}
        inputMode="numeric"
        maxLength={MAX_PORTS_TEXT}
        value={value.ports}
        onChange={(event) => onChange({ ...value, ports: event.currentTarget.value })}
        error={portsError}
      />
    </Group>
  );
}
