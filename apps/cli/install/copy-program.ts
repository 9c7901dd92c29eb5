/**
 * Copies the running program to where an installed one lives. The new copy is made beside the old one
 * and takes its place by two renames, so that a copy that breaks off changes nothing.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type LockPackages, runtimeFolders } from './runtime-files.ts';

const topFiles = ['package.json', 'package-lock.json', 'LICENSE', 'start.mjs', 'maille'];
/** Tests, proofs and build leftovers stay behind. */
const staysBehind = /\.(test|soak|browser)\.tsx?$|(^|\/)(node_modules|cases)$/;

export function copyProgram(projectRoot: string, target: string): void {
  const lock = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: LockPackages;
  };
  const { ours, theirs } = runtimeFolders(lock.packages);
  const fresh = `${target}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o755 });

  for (const file of topFiles) {
    if (existsSync(join(projectRoot, file))) cpSync(join(projectRoot, file), join(fresh, file));
  }
  for (const folder of ours) {
    copyFolder(join(projectRoot, folder), join(fresh, folder), (path) => !staysBehind.test(path));
    const { name } = JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8')) as {
      name: string;
    };
    const link = join(fresh, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join('..', '..', folder), link);
  }
  for (const folder of theirs) {
    const from = join(projectRoot, folder);
    if (existsSync(from)) copyFolder(from, join(fresh, folder), (path) => basename(path) !== 'node_modules');
  }
  const node = `node_modules/node-linux-${process.arch}`;
  for (const part of ['package.json', 'LICENSE', 'bin'])
    copyFolder(join(projectRoot, node, part), join(fresh, node, part));
  copyFolder(join(projectRoot, 'apps/web/dist'), join(fresh, 'apps/web/dist'));
  // Tells start.mjs that nothing is to be installed here, and the command where its data is.
  writeFileSync(join(fresh, '.installed'), '');

  const old = `${target}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(fresh, target);
  rmSync(old, { recursive: true, force: true });
}

function copyFolder(from: string, to: string, filter: (path: string) => boolean = () => true): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => path === from || filter(path),
  });
}
