import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { endMySession, listMySessions } from '@maille/wire/rest/people';
import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useAction } from '../../app/action.tsx';
import { Ago } from '../../parts/ago.tsx';
import { Section } from '../../parts/section.tsx';
import { accountText } from './account-text.ts';
import { browserName } from './browser-name.ts';

const key = ['my-sessions'];

export function SessionsSection() {
  const text = useText(accountText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: key, queryFn: ({ signal }) => call(listMySessions, { signal }) });
  const end = (id: number) =>
    void act({
      doing: text('ending'),
      run: async () => {
        await call(endMySession, { params: { id } });
        await queries.invalidateQueries({ queryKey: key });
      },
      done: () => text('ended'),
    });
  return (
    <Section title={text('sessions')} lede={text('sessionsLede')}>
      <Stack gap="sm">
        {data?.sessions.map((session) => (
          <Group key={session.id} justify="space-between" gap="sm">
            <Stack gap={0} style={{ minWidth: 0, flex: 1 }}>
              <Text title={session.userAgent}>
                {browserName(session.userAgent)}{' '}
                {session.current && (
                  <Badge variant="light" size="sm" tt="none">
                    {text('thisOne')}
                  </Badge>
                )}
              </Text>
              <Text size="sm" c="dimmed">
                {session.address} · <Ago ms={session.lastUsedMs} />
              </Text>
            </Stack>
            {!session.current && (
              <Button variant="default" size="compact-md" onClick={() => end(session.id)}>
                {text('end')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
