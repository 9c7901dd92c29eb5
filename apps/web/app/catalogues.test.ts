/** Every catalogue of the pages says everything in every language, with the same placeholders. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Catalogue, catalogueFaults, type Messages } from '@maille/ui/language/catalogue';

const web = join(import.meta.dirname, '..');
// Files of words alone: those beside components would need a browser's bundler.
const files = globSync('{app,pages,shell,table,watch}/**/*-text.ts', { cwd: web });

test('there are catalogues', () => assert.ok(files.length >= 12, `${files.length} found`));

for (const file of files) {
  test(`words of ${file}`, async () => {
    const module = (await import(join(web, file))) as Record<string, Catalogue<Messages>>;
    for (const [name, catalogue] of Object.entries(module)) {
      if (typeof catalogue !== 'object' || !('en' in catalogue)) continue;
      assert.deepEqual(catalogueFaults(catalogue), [], name);
    }
  });
}
