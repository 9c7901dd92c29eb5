/** The other ways in which this host is probed, each a link. Absent where there is none. */
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { Target } from '@maille/wire/rest/targets';
import { Badge, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { probesOf, useProbeName } from './probe-choice.tsx';
import { watchText } from './watch-text.ts';

export function SameHost({ target }: { target: Target }) {
  const text = useText(watchText);
  const nameOf = useProbeName();
  const { data } = useLive('targets');
  const others = useMemo(() => {
    const same = new Map([...(data?.targets ?? [])].filter(([, { host }]) => host === target.host));
    const byProbe = Map.groupBy(same.values(), ({ probe }) => probe);
    return probesOf(same).flatMap((probe) => byProbe.get(probe) ?? []);
  }, [data, target.host]).filter(({ id }) => id !== target.id);
  return (
    <Group gap="xs" mt="xs">
      <Badge variant="light" tt="none">
        {nameOf(target.probe)}
      </Badge>
      {others.length > 0 && (
        <>
          <Text size="sm" c="dimmed">
            {text('alsoProbed')}
          </Text>
          {others.map(({ id, probe }) => (
            <Badge
              key={id}
              variant="default"
              tt="none"
              style={{ cursor: 'pointer' }}
              renderRoot={(props) => (
                <Link to="/watch/target/$id" params={{ id: String(id) }} search={true} {...props} />
              )}
            >
              {nameOf(probe)}
            </Badge>
          ))}
        </>
      )}
    </Group>
  );
}
