/**
 * What of a checkout an installed Maille needs: the programs, the packages that they import, and of
 * node_modules only what those depend on. Found from package-lock.json, so that the list needs no hand.
 */
export interface LockEntry {
  link?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
export type LockPackages = Record<string, LockEntry>;

export const installedApps = ['apps/agent', 'apps/cli', 'apps/server'];

/** Node's own lookup: the nearest node_modules from `from` upwards. */
function locate(packages: LockPackages, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
    if (!at.endsWith('node_modules')) {
      const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
      if (packages[candidate]) return candidate;
    }
    if (at === '') return undefined;
  }
}

/** Folders of node_modules and of our own packages, each with all that it depends on. */
export function runtimeFolders(packages: LockPackages): { ours: string[]; theirs: string[] } {
  const ours = new Set<string>();
  const theirs = new Set<string>();
  const visit = (path: string) => {
    const entry = packages[path];
    if (!entry) return;
    if (entry.link && entry.resolved) return visit(entry.resolved);
    const isTheirs = path.includes('node_modules/');
    const seen = isTheirs ? theirs : ours;
    if (seen.has(path)) return;
    seen.add(path);
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const found = locate(packages, path, name);
      if (found) visit(found);
    }
  };
  for (const app of installedApps) visit(app);
  return { ours: [...ours].sort(), theirs: [...theirs].sort() };
}
