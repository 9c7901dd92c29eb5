/** A page that is not there, and a page that broke: neither takes the shell with it. */
import { useText } from '@maille/ui/language/language.tsx';
import { Button, Code, Group, Stack, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { appText } from '../app/app-text.ts';

export function NotFound() {
  const text = useText(appText);
  return (
    <Stack align="flex-start" gap="md">
      <Title order={1}>{text('notFound')}</Title>
      <Link to="/" className="maille-link">
        {text('goHome')}
      </Link>
    </Stack>
  );
}

export function PageBroke({ error }: { error: unknown }) {
  const text = useText(appText);
  return (
    <Stack align="flex-start" gap="md" role="alert">
      <Title order={1}>{text('pageBroke')}</Title>
      <p>{text('pageBrokeDetail')}</p>
      <Code block>{error instanceof Error ? error.message : String(error)}</Code>
      <Group>
        <Button onClick={() => location.reload()}>{text('reload')}</Button>
      </Group>
    </Stack>
  );
}
