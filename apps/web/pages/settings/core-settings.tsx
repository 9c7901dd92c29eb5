/** The settings form: drawn from the schema that also checks it on the server. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { changeSettings, Settings } from '@maille/wire/rest/operations';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { useMay, useMe, useSession } from '../../app/session.tsx';
import { fitsSchema, SchemaForm } from '../../parts/schema-form.tsx';
import { Section } from '../../parts/section.tsx';
import { settingsText } from './settings-text.ts';

const changesOf = (saved: Settings, value: Settings): Partial<Settings> =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) => JSON.stringify(field) !== JSON.stringify(saved[name as keyof Settings]),
    ),
  );

export function CoreSettings({ saved }: { saved: Settings }) {
  const text = useText(settingsText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const may = useMay('admin');
  const me = useMe();
  const { setMe } = useSession();
  const [typed, setTyped] = useState<Settings>();
  const value = typed ?? saved;
  const changes = changesOf(saved, value);
  const changed = Object.keys(changes).length > 0;

  const save = async (body: Partial<Settings>) => {
    const settings = await call(changeSettings, { body });
    setMe({ ...me, installationName: settings.installationName });
    await queries.invalidateQueries({ queryKey: ['settings'] });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const before = Object.fromEntries(
      Object.keys(changes).map((name) => [name, saved[name as keyof Settings]]),
    ) as Partial<Settings>;
    void act({
      doing: text('saving'),
      run: async () => {
        await save(changes);
        return true;
      },
      done: () => text('saved'),
      undo: () => save(before),
    }).then((done) => done && setTyped(undefined));
  };

  const words = (field: string) => {
    if (!(field in settingsText.en)) return undefined;
    const name = field as 'publicUrl';
    return { label: text(name), hint: text(`${name}Hint`) };
  };
  return (
    <Section title={text('title')} lede={may ? undefined : text('onlyAdmins')}>
      <form onSubmit={onSubmit}>
        <Stack gap="lg">
          <SchemaForm schema={Settings} value={value} onChange={setTyped} words={words} readOnly={!may} />
          {may && (
            <Group gap="sm">
              <Button type="submit" disabled={!changed || !fitsSchema(Settings, value)}>
                {app('save')}
              </Button>
              {changed && (
                <>
                  <Button variant="subtle" color="gray" onClick={() => setTyped(undefined)}>
                    {text('reset')}
                  </Button>
                  <Text size="sm" c="dimmed" role="status">
                    {text('unsaved')}
                  </Text>
                </>
              )}
            </Group>
          )}
        </Stack>
      </form>
    </Section>
  );
}
