/** Every migration, in order. Released ones are never edited: a change is a new file. */
import type { Migration } from '../migrate.ts';
import { firstTables } from './0001-first-tables.ts';
import { probeMethod } from './0002-probe-method.ts';
import { incidents } from './0003-incidents.ts';
import { routes } from './0004-routes.ts';
import { meshAndExperiments } from './0005-mesh-and-experiments.ts';

export const migrations: Migration[] = [firstTables, probeMethod, incidents, routes, meshAndExperiments];
