/** Which route was in use when: a band over the time shown, and each change with what it was. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useStandAt } from '@maille/ui/time/time.tsx';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import { Button, Text } from '@mantine/core';
import { firstDifference, momentOfChange } from './route-changes.ts';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';

export interface RouteTimelineProps {
  /** Of one agent, oldest first, and the letter of each. */
  routes: readonly TargetRoute[];
  letters: readonly string[];
  fromMs: number;
  toMs: number;
  momentMs: number | undefined;
  /** The place in `routes` of those that are compared. */
  chosen: readonly [number, number];
  onChoose(index: number): void;
}

const MAX_LISTED = 100;
const TONES = 6;

export function RouteTimeline(props: RouteTimelineProps) {
  const { routes, letters, fromMs, toMs, momentMs, chosen, onChoose } = props;
  const text = useText(routesText);
  const format = useFormat();
  const standAt = useStandAt();
  const seeChange = (route: TargetRoute) => standAt(momentOfChange(route));
  const place = (ms: number) => (100 * (Math.min(toMs, Math.max(fromMs, ms)) - fromMs)) / (toMs - fromMs);
  const tone = (letter: string) => (letter.charCodeAt(letter.length - 1) - 65) % TONES;
  const untilOf = ({ untilMs }: TargetRoute) => (untilMs === null ? text('until') : format.dateTime(untilMs));

  return (
    <>
      <div className={classes.band}>
        {routes.map((route, index) => {
          const left = place(route.sinceMs);
          const width = place(route.untilMs ?? toMs) - left;
          const letter = letters[index] ?? '';
          const label = text('segment', {
            letter,
            from: format.dateTime(route.sinceMs),
            to: untilOf(route),
          });
          return (
            <button
              key={route.sinceMs}
              type="button"
              className={classes.segment}
              data-tone={tone(letter)}
              data-chosen={chosen.includes(index) || undefined}
              style={{ left: `${left}%`, width: `max(${width}%, 0.375rem)` }}
              title={label}
              aria-label={label}
              aria-pressed={chosen.includes(index)}
              onClick={() => onChoose(index)}
              onDoubleClick={() => seeChange(route)}
            >
              {width > 2 ? letter : ''}
            </button>
          );
        })}
        {momentMs !== undefined && (
          <span className={classes.hand} style={{ left: `${place(momentMs)}%` }} aria-hidden="true" />
        )}
      </div>
      <div className={classes.bandEnds} aria-hidden="true">
        <span>{format.dateTime(fromMs)}</span>
        <span>{format.dateTime(toMs)}</span>
      </div>
      {routes.length === 1 && (
        <Text size="sm" c="dimmed" mt="xs">
          {text('oneRoute')}
        </Text>
      )}
      <table className={classes.changes} aria-label={text('history')}>
        <thead>
          <tr>
            <th scope="col">{text('route')}</th>
            <th scope="col">{text('from')}</th>
            <th scope="col" className={classes.wideOnly}>
              {text('to')}
            </th>
            <th scope="col">{text('what')}</th>
            <th scope="col">
              <span className="maille-visually-hidden">{text('see')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {routes
            .map((route, index) => ({ route, index }))
            .reverse()
            .slice(0, MAX_LISTED)
            .map(({ route, index }) => (
              <tr key={route.sinceMs} onDoubleClick={() => seeChange(route)}>
                <td>
                  <span className={classes.letter} data-tone={tone(letters[index] ?? '')}>
                    {letters[index]}
                  </span>
                </td>
                <td>{format.dateTime(route.sinceMs)}</td>
                <td className={classes.wideOnly}>{untilOf(route)}</td>
                <td>
                  <What route={route} before={routes[index - 1]} />
                </td>
                <td className={classes.right}>
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={text('seeAt', { time: format.dateTime(route.sinceMs) })}
                    onClick={() => seeChange(route)}
                  >
                    {text('see')}
                  </Button>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}

function What({ route, before }: { route: TargetRoute; before: TargetRoute | undefined }) {
  const text = useText(routesText);
  if (route.began === 'first') return text('beganFirst');
  if (route.began === 'anew') return text('beganAnew');
  const distance = before && firstDifference(before, route)?.distance;
  return distance === undefined ? text('differs') : text('beganChange', { distance });
}
