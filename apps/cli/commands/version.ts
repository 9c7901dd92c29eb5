/** `maille version`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand } from '../arguments/command.ts';

export const command = defineCommand({
  name: 'version',
  summary: 'which Maille this is, and where it runs from',
  usage: ['version'],
  options: {},
  async run(context, { json }) {
    const { version } = JSON.parse(readFileSync(join(context.projectRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    const facts = { version, node: process.versions.node, folder: context.projectRoot };
    context.print(json ? JSON.stringify(facts) : `Maille ${version} (Node ${facts.node}, ${facts.folder})`);
    return 0;
  },
});
