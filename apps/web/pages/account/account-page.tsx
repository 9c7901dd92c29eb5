/** My account: who I am, and the ways that I come in. */
import { useText } from '@maille/ui/language/language.tsx';
import { Stack } from '@mantine/core';
import { useMe } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { AboutMe } from './about-me.tsx';
import { accountText } from './account-text.ts';
import { CodesSection } from './codes-section.tsx';
import { PasskeysSection } from './passkeys-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { SessionsSection } from './sessions-section.tsx';

export function AccountPage() {
  const text = useText(accountText);
  const { person } = useMe();
  return (
    <>
      <PageHead title={text('title')} lede={text('lede', { login: person.login, role: text(person.role) })} />
      <Stack gap="lg">
        <AboutMe />
        <PasswordSection />
        <CodesSection />
        <PasskeysSection />
        <SessionsSection />
      </Stack>
    </>
  );
}
