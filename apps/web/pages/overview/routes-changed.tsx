/**
 * Many changed routes as one line. Each prefix is traced at its own time, so one router that goes is told of
 * prefix by prefix, over minutes: many incidents that are one thing to look at.
 */
import { useText } from '@maille/ui/language/language.tsx';
import type { OverviewItem } from '@maille/wire/rest/operations';
import { Button, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { StateMark } from '../../parts/state-mark.tsx';
import classes from './overview.module.css';
import { overviewText } from './overview-text.ts';

const NAMED = 8;

export function RoutesChanged({ items }: { items: readonly OverviewItem[] }) {
  const text = useText(overviewText);
  const navigate = useNavigate();
  const named = items.slice(0, NAMED).map(({ subject }) => subject);
  const rest = items.length - named.length;
  return (
    <ul className={classes.items}>
      <li className={classes.item} data-severity="notable">
        <div className={classes.itemText}>
          <Text component="div" fw={600}>
            <StateMark tone="notable" label={text('routesChanged', { count: items.length })} />
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {named.join(', ')}
            {rest > 0 && ` … ${text('more', { count: rest })}`}
          </Text>
        </div>
        <Button
          size="compact-md"
          variant="default"
          onClick={() => void navigate({ to: '/watch/routes', search: { sort: '-changed' } })}
        >
          {text('seeRoutes')}
        </Button>
      </li>
    </ul>
  );
}
