/** The hops of one route: who answered at each distance, by name and address, and how fast. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { RouteHop, RouteRouter, TargetRoute } from '@maille/wire/rest/traceroutes';
import classes from './routes.module.css';
import { routesText } from './routes-text.ts';

export type Names = Readonly<Record<string, string>>;

export function HopList({ route, names, label }: { route: TargetRoute; names: Names; label: string }) {
  const text = useText(routesText);
  return (
    <table className={classes.hops} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{text('hop')}</th>
          <th scope="col">{text('router')}</th>
          <th scope="col" className={classes.right}>
            {text('rtt')}
          </th>
        </tr>
      </thead>
      <tbody>
        {route.hops.map((hop, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a hop is its distance
          <tr key={index}>
            <td className={classes.distance}>{index + 1}</td>
            <td>
              <Routers hop={hop} target={route.address} names={names} />
            </td>
            <td className={classes.right}>
              <Times hop={hop} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Routers({ hop, target, names }: { hop: RouteHop; target: string; names: Names }) {
  const text = useText(routesText);
  const format = useFormat();
  if (hop.routers.length === 0) return <span className={classes.silent}>* {text('silentHop')}</span>;
  const several = hop.routers.length > 1;
  return (
    <ul
      className={classes.routers}
      {...(several && { title: text('parallel', { count: hop.routers.length }) })}
    >
      {hop.routers.map((one) => (
        <li key={one.address}>
          {names[one.address] !== undefined && <span className={classes.name}>{names[one.address]} </span>}
          <span className={classes.address}>{one.address}</span>
          {one.address === target && <small> · {text('theTarget')}</small>}
          {several && one.flows.length > 0 && (
            <small>
              {' '}
              · {text('flows', { list: format.list(one.flows.map((flow) => String(flow + 1))) })}
            </small>
          )}
        </li>
      ))}
    </ul>
  );
}

function Times({ hop }: { hop: RouteHop }) {
  const format = useFormat();
  return (
    <ul className={classes.routers}>
      {hop.routers.map((one: RouteRouter) => (
        <li key={one.address}>{format.rtt(one.rttNs)}</li>
      ))}
    </ul>
  );
}
