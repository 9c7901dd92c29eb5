/** Where the mesh probes a machine, and the load experiments that were. */
import type { Migration } from '../migrate.ts';

export const meshAndExperiments: Migration = {
  number: 5,
  name: 'mesh-and-experiments',
  async up({ schema }, engine) {
    await schema.alterTable('machine').addColumn('mesh_address', 'text').execute();
    await schema
      .createTable('experiment')
      .addColumn('id', engine === 'sqlite' ? 'integer' : 'bigint', (column) =>
        engine === 'sqlite'
          ? column.primaryKey().autoIncrement()
          : column.primaryKey().generatedByDefaultAsIdentity(),
      )
      .addColumn('machine_id', 'text', (column) => column.notNull())
      .addColumn('machine_name', 'text', (column) => column.notNull())
      .addColumn('plan', 'text', (column) => column.notNull())
      .addColumn('started_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('started_by', 'text', (column) => column.notNull())
      .addColumn('ended_at_ms', 'bigint')
      .addColumn('ended', 'text')
      .addColumn('steps', 'text', (column) => column.notNull().defaultTo('[]'))
      .addColumn('seconds', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
  },
};
