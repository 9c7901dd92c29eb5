/** Many silent targets, or many that refuse, as one line: how many, which first, and the grid with the worst on top. */
import { useText } from '@maille/ui/language/language.tsx';
import type { OverviewItem } from '@maille/wire/rest/operations';
import { Button, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { StateMark } from '../../parts/state-mark.tsx';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';

const NAMED = 8;

interface TargetsDownProps {
  count: number;
  items: readonly OverviewItem[];
  are: 'targetsDown' | 'targetsRefusing';
}

export function TargetsDown({ count, items, are }: TargetsDownProps) {
  const text = useText(overviewText);
  const navigate = useNavigate();
  const named = items.slice(0, NAMED).map(({ subject }) => subject);
  return (
    <ul className={classes.items}>
      <li className={classes.item} data-severity="severe">
        <div className={classes.itemText}>
          <Text component="div" fw={600}>
            <StateMark tone="severe" label={text(are, { count })} />
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {named.join(', ')}
            {count > named.length && ` … ${text('more', { count: count - named.length })}`}
          </Text>
        </div>
        <Button
          size="compact-md"
          variant="default"
          onClick={() => void navigate({ to: '/watch', search: { order: 'severity' } })}
        >
          {text('inGrid')}
        </Button>
      </li>
    </ul>
  );
}
