/** `maille audit`: who did what. */
import { type AuditEntry, listAudit } from '@maille/wire/rest/operations';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { formatTable } from '../terminal/table.ts';

export const command = defineCommand({
  name: 'audit',
  summary: 'who did what, newest first',
  usage: ['audit', 'audit --search TEXT --limit 1000'],
  options: {
    search: { type: 'string', takes: 'TEXT', summary: 'only entries that hold this' },
    limit: { type: 'string', takes: 'N', default: '50', summary: 'how many, at most 1000' },
    before: { type: 'string', takes: 'ID', summary: 'only entries older than this one' },
  },
  async run(context, { values, rest, json, dataDir }) {
    refuseArguments(rest, 'audit');
    for (const name of ['limit', 'before'] as const) {
      if (values[name] !== undefined && !/^\d+$/.test(values[name]))
        throw new UsageError(`--${name} takes a number.`);
    }
    const { entries, nextBefore } = await connect(context, dataDir).call(listAudit, {
      query: {
        limit: Number(values.limit),
        ...(values.before !== undefined && { before: Number(values.before) }),
        ...(values.search !== undefined && { search: values.search }),
      },
    });
    if (json) {
      context.print(JSON.stringify({ entries, nextBefore }));
    } else {
      context.print(entries.length === 0 ? 'No entry.' : auditTable(entries, context.width));
      if (nextBefore !== undefined) context.say(`Older ones: maille audit --before ${nextBefore}`);
    }
    return 0;
  },
});

function auditTable(entries: AuditEntry[], width: number | undefined): string {
  return formatTable<AuditEntry>(
    [
      {
        title: 'TIME (UTC)',
        keepWhole: true,
        of: (one) => new Date(one.atMs).toISOString().slice(0, 19).replace('T', ' '),
      },
      { title: 'WHO', of: (one) => one.actor },
      { title: 'FROM', of: (one) => one.address },
      { title: 'WHAT', of: (one) => one.action },
      { title: 'TO', of: (one) => one.subject },
      { title: 'OUTCOME', keepWhole: true, of: (one) => one.outcome },
    ],
    entries,
    width,
  );
}
