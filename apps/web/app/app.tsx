/** Sign-in, or the pages: which one depends on the session alone, so a URL is kept through a sign-in. */

import { useText } from '@maille/ui/language/language.tsx';
import { LiveProvider } from '@maille/ui/live/live.tsx';
import { Center, Loader, Stack, Text } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { linkTokenIn } from '../pages/sign-in/link-token.ts';
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx';
import { appText } from './app-text.ts';
import { createAppRouter } from './router.tsx';
import { useSession } from './session.tsx';

export function App() {
  const session = useSession();
  const text = useText(appText);
  const [router] = useState(createAppRouter);
  // A link is used even where somebody is signed in already: it may be another person's.
  const [linkToken, setLinkToken] = useState(() => linkTokenIn(location));

  if (session.me === undefined && linkToken === undefined)
    return (
      <Center component="main" mih="100dvh" p="lg">
        <Stack align="center" gap="sm" role="status">
          <Loader aria-hidden />
          <Text c="dimmed">{text(session.unreachable ? 'unreachable' : 'opening')}</Text>
        </Stack>
      </Center>
    );
  if (!session.me || linkToken !== undefined)
    return (
      <SignInPage
        linkToken={linkToken}
        onDone={(me) => {
          if (location.pathname === '/sign-in') router.history.replace('/');
          setLinkToken(undefined);
          session.setMe(me);
        }}
        onLinkRefused={() => {
          router.history.replace('/');
          setLinkToken(undefined);
          session.ask();
        }}
      />
    );
  return (
    <LiveProvider key={session.me.person.id}>
      <RouterProvider router={router} />
    </LiveProvider>
  );
}
