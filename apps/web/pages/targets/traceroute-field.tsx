/** How the route to a target is traced. */
import { useText } from '@maille/ui/language/language.tsx';
import { MAX_FLOWS, type TracePlan, usualTracePlan } from '@maille/wire/traceroute';
import { Group, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { useId } from 'react';
import { targetsText } from './targets-text.ts';

interface TracerouteFieldProps {
  value: TracePlan | null;
  onChange: (value: TracePlan | null) => void;
}

const FIRST_PORT = 443;

export function TracerouteField({ value, onChange }: TracerouteFieldProps) {
  const text = useText(targetsText);
  const id = useId();
  const choose = (method: string) => {
    const { port: _, ...plan }: TracePlan = value ?? usualTracePlan;
    if (method === 'off') onChange(null);
    else if (method === 'tcp') onChange({ ...plan, method, port: FIRST_PORT });
    else onChange({ ...plan, method: method as TracePlan['method'] });
  };
  const set = (part: Partial<TracePlan>) => onChange({ ...(value ?? usualTracePlan), ...part });
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500} id={id}>
        {text('traceroute')}
      </Text>
      <SegmentedControl
        aria-labelledby={id}
        value={value?.method ?? 'off'}
        onChange={choose}
        data={[
          { value: 'off', label: text('tracerouteOff') },
          { value: 'icmp', label: text('tracerouteIcmp') },
          { value: 'udp', label: text('tracerouteUdp') },
          { value: 'tcp', label: text('tracerouteTcp') },
        ]}
      />
      <Text size="xs" c="dimmed">
        {text('tracerouteHint')}
      </Text>
      {value && (
        <Group gap="sm" grow align="flex-start">
          <NumberInput
            label={text('tracerouteEvery')}
            min={10}
            max={86_400}
            clampBehavior="strict"
            allowDecimal={false}
            suffix={text('seconds')}
            value={value.everyMs / 1_000}
            onChange={(seconds) => set({ everyMs: Math.max(10, Number(seconds) || 10) * 1_000 })}
          />
          <NumberInput
            label={text('tracerouteFlows')}
            min={1}
            max={MAX_FLOWS}
            clampBehavior="strict"
            allowDecimal={false}
            value={value.flows}
            onChange={(flows) => set({ flows: Math.max(1, Number(flows) || 1) })}
          />
          {value.method === 'tcp' && (
            <NumberInput
              label={text('traceroutePort')}
              min={1}
              max={65_535}
              clampBehavior="strict"
              allowDecimal={false}
              value={value.port ?? FIRST_PORT}
              onChange={(port) => set({ port: Math.max(1, Number(port) || FIRST_PORT) })}
            />
          )}
        </Group>
      )}
    </Stack>
  );
}
