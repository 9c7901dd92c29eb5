import { useCall } from '@maille/ui/api/api.tsx';
import type { Language } from '@maille/ui/language/catalogue';
import { useText } from '@maille/ui/language/language.tsx';
import { changeMe, languages } from '@maille/wire/rest/people';
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { type Theme, useMe, useSession } from '../../app/session.tsx';
import { Section } from '../../parts/section.tsx';
import { languageNames, themeNames } from '../../shell/choices.ts';
import { accountText } from './account-text.ts';

export function AboutMe() {
  const text = useText(accountText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const { person } = useMe();
  const session = useSession();
  const [name, setName] = useState(person.name);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void act({
      doing: text('saving'),
      run: async () => session.setMe(await call(changeMe, { body: { name: name.trim() } })),
      done: () => text('saved'),
      undo: async () => session.setMe(await call(changeMe, { body: { name: person.name } })),
    });
  };
  return (
    <Section title={text('about')}>
      <form onSubmit={onSubmit}>
        <Group gap="md" align="flex-end">
          <TextInput
            label={text('name')}
            autoComplete="name"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            style={{ flex: '1 1 14rem', maxWidth: '24rem' }}
          />
          <Button type="submit" disabled={name.trim() === person.name || name.trim() === ''}>
            {app('save')}
          </Button>
        </Group>
      </form>
      <Group gap="md" mt="md">
        <NativeSelect
          label={text('language')}
          value={session.language}
          onChange={(event) => session.setLanguage(event.currentTarget.value as Language)}
          data={languages.map((one) => ({ value: one, label: languageNames[one] }))}
          style={{ flex: '0 1 12rem' }}
        />
        <NativeSelect
          label={text('theme')}
          value={session.theme}
          onChange={(event) => session.setTheme(event.currentTarget.value as Theme)}
          data={(Object.keys(themeNames) as Theme[]).map((one) => ({
            value: one,
            label: app(themeNames[one]),
          }))}
          style={{ flex: '0 1 12rem' }}
        />
      </Group>
    </Section>
  );
}
