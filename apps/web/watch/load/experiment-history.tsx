/** Experiments that were, newest first: how far each came, and why it ended. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { Experiment } from '@maille/wire/rest/experiments';
import { Anchor, Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Section } from '../../parts/section.tsx';
import { useMachineName } from '../use-watch.ts';
import classes from './load.module.css';
import { loadText } from './load-text.ts';

export function ExperimentHistory({
  experiments,
  onAgain,
}: {
  experiments: readonly Experiment[];
  onAgain(experiment: Experiment): void;
}) {
  const text = useText(loadText);
  const format = useFormat();
  const machineName = useMachineName();
  const reached = ({ steps }: Experiment) => {
    const last = steps.at(-1);
    return last && last.step > 0 ? text('rateOf', { rate: format.number(last.rate, 1) }) : '—';
  };
  return (
    <Section title={text('history')}>
      {experiments.length === 0 ? (
        <Text c="dimmed">{text('historyEmpty')}</Text>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section className={classes.scroll} tabIndex={0}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col" className={classes.left}>
                  {text('when')}
                </th>
                <th scope="col" className={classes.aside}>
                  {text('machine')}
                </th>
                <th scope="col" className={classes.aside}>
                  {text('addresses')}
                </th>
                <th scope="col" className={classes.aside}>
                  {text('reached')}
                </th>
                <th scope="col" className={classes.left}>
                  {text('result')}
                </th>
                <th scope="col" className={classes.aside}>
                  {text('by')}
                </th>
                <th scope="col">
                  <span className="maille-visually-hidden">{text('again')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {experiments.map((one) => (
                <tr key={one.id}>
                  <td className={`${classes.left} ${classes.when}`}>
                    <Anchor component={Link} to="/watch/load" search={{ run: String(one.id) } as never}>
                      {format.dateTime(one.startedAtMs)}
                    </Anchor>
                  </td>
                  <td className={classes.aside}>{machineName(one.machineId, one.machineName)}</td>
                  <td className={classes.aside}>{format.number(one.plan.addresses.length)}</td>
                  <td className={classes.aside}>{reached(one)}</td>
                  <td className={classes.wrap}>{text(one.end ?? 'running')}</td>
                  <td className={classes.aside}>{one.startedBy}</td>
                  <td>
                    <Button variant="subtle" size="compact-sm" onClick={() => onAgain(one)}>
                      {text('again')}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Section>
  );
}
