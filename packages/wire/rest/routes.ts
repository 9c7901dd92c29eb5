/** Every route of /api/v1: what the server registers, OpenAPI describes, and the route walk tests. */
import * as experiments from './experiments.ts';
import * as exports from './exports.ts';
import * as incidents from './incidents.ts';
import * as machines from './machines.ts';
import * as mesh from './mesh.ts';
import * as operations from './operations.ts';
import * as people from './people.ts';
import type { Route } from './route.ts';
import * as targets from './targets.ts';
import * as traceroutes from './traceroutes.ts';

function isRoute(value: unknown): value is Route {
  return (
    typeof value === 'object' && value !== null && 'id' in value && 'method' in value && 'access' in value
  );
}

export const routes: readonly Route[] = [
  people,
  machines,
  targets,
  traceroutes,
  incidents,
  mesh,
  experiments,
  operations,
  exports,
].flatMap((group) => Object.values(group as Record<string, unknown>).filter(isRoute));
