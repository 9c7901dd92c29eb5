/** Incidents, and the addresses that each of them touched. */
import type { Migration } from '../migrate.ts';

export const incidents: Migration = {
  number: 3,
  name: 'incidents',
  async up({ schema }, engine) {
    await schema
      .createTable('incident')
      .addColumn('id', engine === 'sqlite' ? 'integer' : 'bigint', (column) =>
        engine === 'sqlite'
          ? column.primaryKey().autoIncrement()
          : column.primaryKey().generatedByDefaultAsIdentity(),
      )
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('scope_key', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('severity', 'text', (column) => column.notNull())
      .addColumn('since_ms', 'bigint', (column) => column.notNull())
      .addColumn('detected_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('ended_at_ms', 'bigint')
      .addColumn('ending', 'text')
      .addColumn('merged_into', 'bigint')
      .addColumn('confidence', 'double precision', (column) => column.notNull())
      .addColumn('flapping', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('loss_ratio', 'double precision')
      .addColumn('rtt_ns', 'double precision')
      .addColumn('baseline_rtt_ns', 'double precision')
      .addColumn('affected', 'integer', (column) => column.notNull())
      .addColumn('affected_most', 'integer', (column) => column.notNull())
      .addColumn('of_targets', 'integer', (column) => column.notNull())
      .addColumn('agent_numbers', 'text', (column) => column.notNull().defaultTo('[]'))
      .addColumn('acknowledged_by', 'text')
      .addColumn('acknowledged_at_ms', 'bigint')
      .addColumn('note', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    // Those that touch a window of time: begun before its end, not ended before its beginning.
    await schema.createIndex('incident_ended').on('incident').columns(['ended_at_ms', 'since_ms']).execute();

    await schema
      .createTable('incident_evidence')
      .addColumn('incident_id', 'bigint', (column) =>
        column.notNull().references('incident.id').onDelete('cascade'),
      )
      .addColumn('target_id', 'bigint', (column) => column.notNull())
      .addColumn('agent_number', 'integer', (column) => column.notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('since_ms', 'bigint', (column) => column.notNull())
      .addColumn('raised_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('cleared_at_ms', 'bigint')
      .addColumn('score', 'double precision', (column) => column.notNull())
      .addColumn('threshold', 'double precision', (column) => column.notNull())
      .addColumn('loss_ratio', 'double precision')
      .addColumn('rtt_ns', 'double precision')
      .addColumn('baseline_rtt_ns', 'double precision')
      .addPrimaryKeyConstraint('incident_evidence_key', ['incident_id', 'target_id', 'agent_number'])
      .execute();
    await schema
      .createIndex('incident_evidence_target')
      .on('incident_evidence')
      .column('target_id')
      .execute();
  },
};
