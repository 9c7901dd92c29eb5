/**
 * The arrows of the design, checked: see import-rules.ts. Imports are found by their text, types
 * included, because an arrow that only types follow is an arrow too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { emptyNames, joinsParts, type PartRule, parts, readsEnvironment } from './import-rules.ts';
import { projectRoot, sourceFiles } from './source-files.ts';

export interface Breach {
  file: string;
  line: number;
  sentence: string;
}

const importPattern =
  /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm;

export function importsOf(source: string): { specifier: string; line: number }[] {
  return [...source.matchAll(importPattern)].map((match) => ({
    specifier: (match[1] ?? match[2]) as string,
    // Of the specifier, not of `import {`: that is where an editor should open.
    line: source.slice(0, match.index + match[0].length).split('\n').length,
  }));
}

export function partOf(file: string): string | undefined {
  return /^((?:apps|packages)\/[^/]+)\//.exec(file)?.[1];
}

/** The project's file that a specifier means; undefined for what comes from npm or from Node. */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier));
  const ours = /^@maille\/([^/]+)\/(.+)$/.exec(specifier);
  if (!ours) return undefined;
  const folder = ['server', 'agent', 'cli', 'web'].includes(ours[1] as string) ? 'apps' : 'packages';
  return `${folder}/${ours[1]}/${ours[2]}.ts`;
}

function judge(file: string, specifier: string, rule: PartRule | undefined, part: string | undefined) {
  const target = resolveImport(file, specifier);
  if (target === undefined) {
    if (rule && rule.runs !== 'node' && specifier.startsWith('node:') && !joinsParts.test(file)) {
      return `${part} must not import ${specifier}: ${rule.runs === 'browser' ? 'it runs in a browser' : 'it runs in Node and in a browser alike, and its tests need no machine'}.`;
    }
    return undefined;
  }
  if (specifier.startsWith('.') && partOf(target) !== part && !joinsParts.test(file)) {
    return `${specifier} leaves its package: a relative path hides an arrow, so write @maille/….`;
  }
  if (joinsParts.test(target) && !joinsParts.test(file) && part !== 'packages/testkit') {
    return `${specifier} is there for tests, and must not reach a running program.`;
  }
  const to = partOf(target);
  if (!part || !rule || to === undefined || to === part || joinsParts.test(file)) return undefined;
  if (rule.may.includes(to)) return undefined;
  return to === 'packages/testkit'
    ? `${part} must not import testkit: it is for tests, and must not reach a running program.`
    : `${part} must not import ${to}: ${rule.because}`;
}

/** Cycles, each once, as the files that it goes through. */
export function findCycles(graph: Map<string, string[]>): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string) => {
    state.set(file, 'open');
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === 'open') cycles.push([...path.slice(path.indexOf(next)), next]);
      else if (!state.has(next)) visit(next);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return cycles;
}

export function checkImports(files: string[], read: (file: string) => string): Breach[] {
  const breaches: Breach[] = [];
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const source = read(file);
    const part = partOf(file);
    const rule = part === undefined ? undefined : parts[part];
    if (part !== undefined && !rule) {
      breaches.push({ file, line: 1, sentence: `${part} has no rule in scripts/import-rules.ts.` });
    }
    if (emptyNames.test(file)) {
      breaches.push({ file, line: 1, sentence: 'this name says nothing about what the file holds.' });
    }
    if (!readsEnvironment.test(file) && !joinsParts.test(file) && !file.startsWith('packages/testkit/')) {
      const at = source.search(/\bprocess\.env\b/);
      if (at >= 0) {
        breaches.push({
          file,
          line: source.slice(0, at).split('\n').length,
          sentence: 'only a main.ts reads the environment: elsewhere a setting comes in as an argument.',
        });
      }
    }
    const edges: string[] = [];
    for (const { specifier, line } of importsOf(source)) {
      const sentence = judge(file, specifier, rule, part);
      if (sentence) breaches.push({ file, line, sentence });
      const target = resolveImport(file, specifier);
      if (target !== undefined) edges.push(target);
    }
    graph.set(file, edges);
  }
  for (const cycle of findCycles(graph)) {
    breaches.push({
      file: cycle[0] as string,
      line: 1,
      sentence: `a cycle: ${cycle.join(' → ')}; neither file can be understood, or loaded, first.`,
    });
  }
  return breaches;
}

if (import.meta.main) {
  const files = sourceFiles('.ts', '.tsx').filter((file) => existsSync(join(projectRoot, file)));
  const breaches = checkImports(files, (file) => readFileSync(join(projectRoot, file), 'utf8'));
  for (const { file, line, sentence } of breaches) console.error(`${file}:${line}: ${sentence}`);
  if (breaches.length > 0) process.exitCode = 1;
}
