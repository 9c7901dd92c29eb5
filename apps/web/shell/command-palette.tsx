/** One search over pages, machines, targets and actions: everything that can be clicked can be done from here. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { Modal } from '@mantine/core';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { appText } from '../app/app-text.ts';
import classes from './command-palette.module.css';
import { matchEntries } from './match-entries.ts';
import { paletteText } from './palette-text.ts';
import { usePaletteEntries } from './use-palette-entries.ts';

interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  onToggleRail: () => void;
}

export function CommandPalette({ opened, onClose, onToggleRail }: PaletteProps) {
  const app = useText(appText);
  return (
    <Modal.Root opened={opened} onClose={onClose} size="lg" centered={false} yOffset="10vh" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label={app('search')}>
        <Modal.Body>{opened && <Palette onClose={onClose} onToggleRail={onToggleRail} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

const MAX_SHOWN = 40;

function Palette({ onClose, onToggleRail }: Omit<PaletteProps, 'opened'>) {
  const app = useText(appText);
  const text = useText(paletteText);
  const listId = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const entries = usePaletteEntries(onToggleRail);
  const found = useMemo(() => matchEntries(entries, query, MAX_SHOWN), [entries, query]);
  const list = useRef<HTMLDivElement>(null);
  const chosen = Math.min(at, found.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });

  const run = (index: number) => {
    const entry = found[index];
    if (!entry) return;
    onClose();
    entry.run();
  };

  return (
    <>
      <div className={classes.field}>
        <Icon name="search" size={18} />
        <input
          className={classes.input}
          data-autofocus
          // biome-ignore lint/a11y/noAutofocus: a search that was asked for is where one types
          autoFocus
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-label={app('search')}
          placeholder={text('placeholder')}
          spellCheck={false}
          autoComplete="off"
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return; // Enter ends a Japanese conversion, not the search
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (step !== 0) {
              event.preventDefault();
              setAt((chosen + step + found.length) % Math.max(1, found.length));
            } else if (event.key === 'Enter') {
              event.preventDefault();
              run(chosen);
            }
          }}
        />
      </div>
      <div
        className={classes.list}
        role="listbox"
        id={listId}
        aria-label={app('search')}
        ref={list}
        tabIndex={-1}
      >
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys (aria-activedescendant)
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={classes.option}
            onPointerMove={() => setAt(index)}
            onClick={() => run(index)}
          >
            <Icon name={entry.icon} />
            <span className={classes.title}>{entry.title}</span>
            {entry.detail && <span className={classes.detail}>{entry.detail}</span>}
            <span className={classes.kind}>{text(entry.kind)}</span>
          </div>
        ))}
      </div>
      <p className={classes.nothing} role="status">
        {found.length === 0 ? text('nothing') : ''}
      </p>
    </>
  );
}
