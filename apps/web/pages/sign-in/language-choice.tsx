import { useText } from '@maille/ui/language/language.tsx';
import { languages } from '@maille/wire/rest/people';
import { Button, Group } from '@mantine/core';
import { appText } from '../../app/app-text.ts';
import { useSession } from '../../app/session.tsx';
import { languageNames } from '../../shell/choices.ts';

export function LanguageChoice() {
  const text = useText(appText);
  const { language, setLanguage } = useSession();
  return (
    <Group gap={4} role="group" aria-label={text('language')}>
      {languages.map((one) => (
        <Button
          key={one}
          lang={one}
          size="compact-sm"
          variant={one === language ? 'light' : 'subtle'}
          color={one === language ? 'accent' : 'gray'}
          aria-pressed={one === language}
          onClick={() => setLanguage(one)}
        >
          {languageNames[one]}
        </Button>
      ))}
    </Group>
  );
}
