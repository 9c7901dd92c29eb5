import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { changePerson, createSignInLink, deletePerson, type Person } from '@maille/wire/rest/people';
import { ActionIcon, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../app/action.tsx';
import { appText } from '../../app/app-text.ts';
import { TypedConfirm } from '../../parts/typed-confirm.tsx';
import type { MadeLink } from './link-dialog.tsx';
import { peopleText } from './people-text.ts';

interface PersonMenuProps {
  person: Person;
  isLastAdmin: boolean;
  onEdit: () => void;
  onLink: (link: MadeLink) => void;
}

export function PersonMenu({ person, isLastAdmin, onEdit, onLink }: PersonMenuProps) {
  const text = useText(peopleText);
  const app = useText(appText);
  const call = useCall();
  const act = useAction();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const name = person.name || person.login;
  const renew = () => queries.invalidateQueries({ queryKey: ['people'] });

  const setDisabled = (disabled: boolean) => {
    const change = async (value: boolean) => {
      await call(changePerson, { params: { id: person.id }, body: { disabled: value } });
      await renew();
    };
    void act({
      doing: text('saving', { name }),
      run: () => change(disabled),
      done: () => text('saved', { name }),
      undo: () => change(!disabled),
    });
  };
  const makeLink = () =>
    void act({
      doing: text('makingLink', { name }),
      run: () => call(createSignInLink, { params: { id: person.id } }),
      done: () => text('madeLink', { name }),
    }).then((made) => made && onLink({ name, ...made }));
  const remove = () =>
    void act({
      doing: text('removing', { name }),
      run: async () => {
        await call(deletePerson, { params: { id: person.id } });
        await renew();
      },
      done: () => text('removed', { name }),
    });

  return (
    <>
      <Menu position="bottom-end" withArrow>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${app('more')}: ${name}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="pencil" />} onClick={onEdit}>
            {text('edit')}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="link" />} onClick={makeLink} disabled={person.disabled}>
            {text('newLink')}
          </Menu.Item>
          <Menu.Divider />
          {isLastAdmin && <Menu.Label>{text('lastAdmin')}</Menu.Label>}
          <Menu.Item
            leftSection={<Icon name={person.disabled ? 'check' : 'cross'} />}
            onClick={() => setDisabled(!person.disabled)}
            disabled={isLastAdmin}
          >
            {text(person.disabled ? 'enable' : 'disable')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="trash" />}
            onClick={() => setRemoving(true)}
            disabled={isLastAdmin}
          >
            {text('remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <TypedConfirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={text('removeTitle', { name })}
        warning={text('removeWarning')}
        label={app('typeName', { name: person.login })}
        name={person.login}
        action={text('removeAction')}
        onConfirm={() => {
          setRemoving(false);
          remove();
        }}
      />
    </>
  );
}
