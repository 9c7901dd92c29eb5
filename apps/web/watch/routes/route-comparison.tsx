/** Two routes side by side; what differs is marked by a sign and a word, not by colour alone. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import { NativeSelect } from '@mantine/core';
import { type ComparedHop, compareHops, type HopState } from './compare-routes.ts';
import { type Names, Routers } from './hop-list.tsx';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';

export interface RouteComparisonProps {
  routes: readonly TargetRoute[];
  letters: readonly string[];
  names: Names;
  chosen: readonly [number, number];
  onChoose(chosen: [number, number]): void;
}

const signs: Record<HopState, string> = { same: '=', differs: '≠', onlyLeft: '−', onlyRight: '+' };

export function RouteComparison({ routes, letters, names, chosen, onChoose }: RouteComparisonProps) {
  const text = useText(routesText);
  const format = useFormat();
  const [left, right] = [routes[chosen[0]], routes[chosen[1]]];
  if (!left || !right) return null;
  const rows = compareHops(left.hops, right.hops);
  const different = rows.filter(({ state }) => state !== 'same').length;
  const choices = routes
    .map((route, index) => ({
      value: String(index),
      label: `${letters[index]} · ${format.dateTime(route.sinceMs)}`,
    }))
    .reverse();
  return (
    <>
      <div className={classes.choices}>
        <NativeSelect
          label={text('left')}
          data={choices}
          value={String(chosen[0])}
          onChange={(event) => onChoose([Number(event.currentTarget.value), chosen[1]])}
        />
        <NativeSelect
          label={text('right')}
          data={choices}
          value={String(chosen[1])}
          onChange={(event) => onChoose([chosen[0], Number(event.currentTarget.value)])}
        />
      </div>
      <p className={classes.differences} role="status">
        {different === 0 ? text('noDifference') : text('differences', { count: different })}
      </p>
      <table className={classes.compared} aria-label={text('compare')}>
        <thead>
          <tr>
            <th scope="col">
              <span className="maille-visually-hidden">{text('what')}</span>
            </th>
            <th scope="col">{text('left')}</th>
            <th scope="col">{text('right')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.left} ${row.right}`} data-state={row.state}>
              <td className={classes.sign} title={text(row.state)}>
                <span aria-hidden="true">{signs[row.state]}</span>
                <span className="maille-visually-hidden">{text(row.state)}</span>
              </td>
              <Side route={left} distance={row.left} names={names} />
              <Side route={right} distance={row.right} names={names} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

interface SideProps {
  route: TargetRoute;
  distance: ComparedHop['left'];
  names: Names;
}

function Side({ route, distance, names }: SideProps) {
  const hop = distance === undefined ? undefined : route.hops[distance - 1];
  return (
    <td>
      {hop && (
        <div className={classes.side}>
          <span className={classes.distance}>{distance}</span>
          <Routers hop={hop} target={route.address} names={names} />
        </div>
      )}
    </td>
  );
}
