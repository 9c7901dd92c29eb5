/** Every page and its address. A page's code comes when it is first opened, or when its link is hovered. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { NotFound, PageBroke } from '../shell/page-states.tsx';
import { Shell } from '../shell/shell.tsx';

export interface SharedSearch {
  /** The time that every page obeys; see time-position.ts. */
  t?: string | undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const texts = <K extends string>(
  search: Record<string, unknown>,
  ...keys: K[]
): { [P in K]?: string | undefined } => {
  const found: { [P in K]?: string | undefined } = {};
  for (const key of keys) {
    const value = text(search[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
};

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageBroke,
  validateSearch: (search: Record<string, unknown>): SharedSearch => texts(search, 't'),
  search: { middlewares: [retainSearchParams<SharedSearch>(['t'])] },
});

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
const machines = createRoute({
  getParentRoute: () => root,
  path: '/machines',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'q', 'sort', 'add'),
  component: lazyRouteComponent(() => import('../pages/machines/machines-page.tsx'), 'MachinesPage'),
});
const machine = createRoute({
  getParentRoute: () => root,
  path: '/machines/$id',
  component: lazyRouteComponent(() => import('../pages/machines/machine-page.tsx'), 'MachinePage'),
});
const targets = createRoute({
  getParentRoute: () => root,
  path: '/targets',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'q', 'sort', 'add'),
  component: lazyRouteComponent(() => import('../pages/targets/targets-page.tsx'), 'TargetsPage'),
});
const watchSearch = (search: Record<string, unknown>) =>
  texts(search, 'q', 'agent', 'order', 'cell', 'view', 'color', 'probe', 'compare', 'detail');
const grid = createRoute({
  getParentRoute: () => root,
  path: '/watch',
  validateSearch: watchSearch,
  component: lazyRouteComponent(() => import('../watch/grid-page.tsx'), 'GridPage'),
});
const prefix = createRoute({
  getParentRoute: () => root,
  path: '/watch/prefix/$prefix',
  validateSearch: watchSearch,
  component: lazyRouteComponent(() => import('../watch/prefix-page.tsx'), 'PrefixPage'),
});
const target = createRoute({
  getParentRoute: () => root,
  path: '/watch/target/$id',
  validateSearch: watchSearch,
  component: lazyRouteComponent(() => import('../watch/target-page.tsx'), 'TargetPage'),
});
const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'q', 'sort'),
  component: lazyRouteComponent(() => import('../pages/incidents/incidents-page.tsx'), 'IncidentsPage'),
});
const incident = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id',
  component: lazyRouteComponent(() => import('../pages/incidents/incident-page.tsx'), 'IncidentPage'),
});
const mesh = createRoute({
  getParentRoute: () => root,
  path: '/watch/mesh',
  component: lazyRouteComponent(() => import('../watch/mesh/mesh-page.tsx'), 'MeshPage'),
});
const load = createRoute({
  getParentRoute: () => root,
  path: '/watch/load',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'run'),
  component: lazyRouteComponent(() => import('../watch/load/load-page.tsx'), 'LoadPage'),
});
const routes = createRoute({
  getParentRoute: () => root,
  path: '/watch/routes',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'q', 'sort', 'agent'),
  component: lazyRouteComponent(() => import('../watch/routes/routes-page.tsx'), 'RoutesPage'),
});
const route = createRoute({
  getParentRoute: () => root,
  path: '/watch/routes/$id',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'agent', 'left', 'right'),
  component: lazyRouteComponent(() => import('../watch/routes/route-page.tsx'), 'RoutePage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/settings-frame.tsx'), 'SettingsFrame'),
});
const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/account' });
  },
});
const account = createRoute({
  getParentRoute: () => settings,
  path: '/account',
  component: lazyRouteComponent(() => import('../pages/account/account-page.tsx'), 'AccountPage'),
});
const tokens = createRoute({
  getParentRoute: () => settings,
  path: '/tokens',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'add'),
  component: lazyRouteComponent(() => import('../pages/tokens/tokens-page.tsx'), 'TokensPage'),
});
const people = createRoute({
  getParentRoute: () => settings,
  path: '/people',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'add'),
  component: lazyRouteComponent(() => import('../pages/people/people-page.tsx'), 'PeoplePage'),
});
const audit = createRoute({
  getParentRoute: () => settings,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'q', 'sort'),
  component: lazyRouteComponent(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});
const server = createRoute({
  getParentRoute: () => settings,
  path: '/server',
  component: lazyRouteComponent(() => import('../pages/settings/server-page.tsx'), 'ServerPage'),
});

const tree = root.addChildren([
  overview,
  machines,
  machine,
  targets,
  grid,
  prefix,
  target,
  routes,
  route,
  mesh,
  load,
  incidents,
  incident,
  settings.addChildren([settingsIndex, account, tokens, people, audit, server]),
]);

export function createAppRouter() {
  return createRouter({
    routeTree: tree,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    // Texts as they are: `?q=web` reads better than `?q=%22web%22`.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const params = new URLSearchParams();
      for (const [key, value] of Object.entries(search))
        if (value !== undefined) params.set(key, String(value));
      const written = params.toString();
      return written === '' ? '' : `?${written}`;
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
