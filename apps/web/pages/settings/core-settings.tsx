/**
 * The settings form: drawn from the schema that also checks it on the server, in parts by what they decide.
 * What the server refuses is said at its field.
 */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { changeSettings, Settings } from '@maille/wire/rest/operations';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { asProblem, sentence } from '../../app/problem-text.tsx';
import { useMay, useMe, useSession } from '../../app/session.tsx';
import { fitsSchema, SchemaForm } from '../../parts/schema-form.tsx';
import { Section } from '../../parts/section.tsx';
import classes from './settings.module.css';
import { settingsText } from './settings-text.ts';

const parts = ['installation', 'probing', 'routes', 'samples'] as const;
type Part = (typeof parts)[number];
/** In the order of each part; a setting without a part does not compile. */
const partOf: Record<keyof Settings, Part> = {
  installationName: 'installation',
  publicUrl: 'installation',
  presenceSeeds: 'installation',
  sessionDays: 'installation',
  ownPrefixes: 'probing',
  mesh: 'probing',
  maxProbesPerSecond: 'probing',
  maxPrefixProbesPerSecond: 'probing',
  maxSeries: 'probing',
  traceroutePrefixes: 'routes',
  resolveRouters: 'routes',
  tracerouteIntervalMs: 'routes',
  tracerouteFlows: 'routes',
  rawRetentionDays: 'samples',
  rollupRetentionDays: 'samples',
  influxUrl: 'samples',
};
const fieldsOf = (part: Part) =>
  Object.keys(partOf).filter((name) => partOf[name as keyof Settings] === part);
/** Shown in seconds. */
const MILLISECONDS: keyof Settings = 'tracerouteIntervalMs';

const changesOf = (saved: Settings, value: Settings): Partial<Settings> =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) => JSON.stringify(field) !== JSON.stringify(saved[name as keyof Settings]),
    ),
  );

/** `/ownPrefixes/0` is said at `ownPrefixes`. */
function refusalOf(error: unknown): { field: string; message: string } | undefined {
  const { field, message, remedy } = asProblem(error);
  const name = field?.split('/')[1];
  return name && name in partOf
    ? { field: name, message: [sentence(message), remedy].filter(Boolean).join(' ') }
    : undefined;
}

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
  const [refused, setRefused] = useState<{ field: string; message: string }>();
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
        setRefused(undefined);
        await save(changes).catch((error: unknown) => {
          setRefused(refusalOf(error));
          throw error;
        });
        return true;
      },
      done: () => text('saved'),
      undo: () => save(before),
    }).then((done) => done && setTyped(undefined));
  };

  const reset = () => {
    setTyped(undefined);
    setRefused(undefined);
  };

  const words = (field: string) => {
    if (!(field in settingsText.en)) return undefined;
    const name = field as 'publicUrl';
    return {
      label: text(name),
      hint: text(`${name}Hint`),
      ...(field === MILLISECONDS && { factor: 1_000 }),
    };
  };
  return (
    <Section title={text('title')} lede={may ? undefined : text('onlyAdmins')}>
      <form onSubmit={onSubmit}>
        <Stack gap="lg">
          {parts.map((part) => (
            <fieldset key={part} className={classes.part}>
              <legend>{text(`${part}Part`)}</legend>
              <SchemaForm
                schema={Settings}
                fields={fieldsOf(part)}
                value={value}
                onChange={setTyped}
                words={words}
                problem={refused}
                readOnly={!may}
              />
            </fieldset>
          ))}
          {may && (
            <Group gap="sm">
              <Button type="submit" disabled={!changed || !fitsSchema(Settings, value)}>
                {app('save')}
              </Button>
              {changed && (
                <>
                  <Button variant="subtle" color="gray" onClick={reset}>
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
