/** Routes as traceroute saw them, one row as long as a route did not change; and how a target is traced. */
import type { Migration } from '../migrate.ts';

export const routes: Migration = {
  number: 4,
  name: 'routes',
  async up({ schema }) {
    await schema.alterTable('target').addColumn('traceroute', 'text').execute();
    await schema
      .createTable('route')
      .addColumn('agent_number', 'integer', (column) => column.notNull())
      // No reference: a target that is restored within a day has its routes still.
      .addColumn('target_id', 'bigint', (column) => column.notNull())
      .addColumn('since_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_seen_ms', 'bigint', (column) => column.notNull())
      .addColumn('until_ms', 'bigint')
      .addColumn('began', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('method', 'text', (column) => column.notNull())
      .addColumn('hops', 'text', (column) => column.notNull())
      .addColumn('end_state', 'text', (column) => column.notNull())
      .addColumn('code', 'integer')
      .addPrimaryKeyConstraint('route_key', ['target_id', 'agent_number', 'since_ms'])
      .execute();
    await schema.createIndex('route_until').on('route').column('until_ms').execute();
    await schema.createIndex('route_last_seen').on('route').column('last_seen_ms').execute();
  },
};
