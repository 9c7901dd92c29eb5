/** One command, and a button that copies it. Long ones wrap: nothing may be cut off from what is to be run. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { ActionIcon, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { appText } from './app-text.ts';
import classes from './command-line.module.css';

export async function copyText(value: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(value);
    return;
  }
  // Plain HTTP beyond loopback has no clipboard API.
  const area = document.createElement('textarea');
  area.value = value;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function CommandLine({ command, label }: { command: string; label?: string }) {
  const text = useText(appText);
  const [copied, setCopied] = useState(false);
  return (
    <div className={classes.line}>
      <code className={classes.text}>{command}</code>
      <Tooltip label={text(copied ? 'copied' : 'copy')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={label ? `${text('copy')}: ${label}` : text('copy')}
          onClick={() => {
            void copyText(command).then(() => {
              setCopied(true);
              setTimeout(() => setCopied(false), 2_000);
            });
          }}
        >
          <Icon name={copied ? 'check' : 'copy'} />
        </ActionIcon>
      </Tooltip>
      <span role="status" className="maille-visually-hidden">
        {copied ? text('copied') : ''}
      </span>
    </div>
  );
}
