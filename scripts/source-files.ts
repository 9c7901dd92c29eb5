/** The files of the project, for the scripts that look at all of them. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export const projectRoot = join(import.meta.dirname, '..');

const skippedFolders = new Set(['node_modules', 'dist', 'data']);

/** Paths relative to the project, sorted, of the files whose name ends with one of `endings`. */
export function sourceFiles(...endings: string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name) && !entry.name.startsWith('.')) walk(path);
      } else if (endings.some((ending) => entry.name.endsWith(ending))) {
        found.push(relative(projectRoot, path));
      }
    }
  };
  walk(projectRoot);
  return found.sort();
}
