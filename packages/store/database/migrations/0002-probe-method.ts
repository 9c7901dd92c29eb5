/** A host may be probed in several ways, each a target of its own. */
import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

export const probeMethod: Migration = {
  number: 2,
  name: 'probe-method',
  async up({ schema }) {
    await schema
      .alterTable('target')
      .addColumn('probe', 'text', (column) => column.notNull().defaultTo('icmp'))
      .execute();
    await schema.dropIndex('target_live_host').execute();
    await schema
      .createIndex('target_live_host_probe')
      .unique()
      .on('target')
      .columns(['host', 'probe'])
      .where(sql.ref('deleted_at_ms'), 'is', null)
      .execute();
  },
};
