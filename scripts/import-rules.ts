/**
 * Which part may import which, and the reason, in one sentence, why the rest may not. Data flows one way:
 * host → engine → wire → store → api → ui; only `apps/*` join parts by hand. Tests, proofs and scripts
 * join parts too, so the arrows do not bind them.
 */
export interface PartRule {
  /** Parts of ours that it may import, beside itself. */
  may: string[];
  /** Why not the others. */
  because: string;
  /** Where it runs: forbids `node:` imports, the DOM, or neither. */
  runs: 'anywhere' | 'node' | 'browser';
}

export const parts: Record<string, PartRule> = {
  'packages/base': {
    may: [],
    runs: 'anywhere',
    because: 'base is what everything rests on: whatever it imported, every part would carry.',
  },
  'packages/wire': {
    may: ['packages/base'],
    runs: 'anywhere',
    because: 'wire says what crosses between processes, and must be readable by every process.',
  },
  'packages/engine': {
    may: ['packages/base', 'packages/wire'],
    runs: 'anywhere',
    because: 'an engine is pure: sockets, files, stores and clocks come in as ports, so that tests drive it.',
  },
  'packages/host': {
    may: ['packages/base', 'packages/wire'],
    runs: 'node',
    because: 'host speaks to Linux and decides nothing: engines decide, and main.ts joins the two.',
  },
  'packages/store': {
    may: ['packages/base', 'packages/wire'],
    runs: 'node',
    because: 'a store keeps and finds: what it keeps, and who may see it, is decided above.',
  },
  'packages/api': {
    may: ['packages/base', 'packages/wire', 'packages/engine', 'packages/store'],
    runs: 'node',
    because: 'the API faces the network without privileges, so nothing that touches the host may be in it.',
  },
  'packages/ui': {
    may: ['packages/base', 'packages/wire'],
    runs: 'browser',
    because: 'the pages know the server by its messages only, so that any client could be written from them.',
  },
  'packages/testkit': {
    may: [
      'packages/base',
      'packages/wire',
      'packages/engine',
      'packages/host',
      'packages/store',
      'packages/api',
    ],
    runs: 'node',
    because: 'testkit drives the parts, never the programs: a program is tested as a process.',
  },
  'apps/server': {
    may: [
      'packages/base',
      'packages/wire',
      'packages/engine',
      'packages/host',
      'packages/store',
      'packages/api',
    ],
    runs: 'node',
    because: 'the server serves pages as files and reaches agents by the link, so it links neither in.',
  },
  'apps/agent': {
    may: ['packages/base', 'packages/wire', 'packages/engine', 'packages/host'],
    runs: 'node',
    because: 'an agent is small and keeps no fleet: what it knows of the server travels over the link.',
  },
  'apps/cli': {
    may: ['packages/base', 'packages/wire', 'packages/engine', 'packages/host'],
    runs: 'node',
    because:
      'the command line speaks the API as anybody may, starts the programs as processes, and measures here and now with the engines that the sensor has.',
  },
  'apps/web': {
    may: ['packages/base', 'packages/wire', 'packages/ui'],
    runs: 'browser',
    because: 'what the bundle holds, every visitor downloads and may read.',
  },
};

/** Where the environment may be read: the programs themselves, and development's own scripts. */
export const readsEnvironment = /^apps\/[^/]+\/([a-z-]+-)?main\.ts$|^scripts\/|^bench\/|vite\.config\.ts$/;

/** Names that say nothing about what a file holds. */
export const emptyNames = /(^|\/)(index|utils?|helpers?|common|misc|types|manager)\.tsx?$/;

/** Files that may join anything: they are what the arrows are checked by. */
export const joinsParts =
  /\.(test|soak|bench|browser)\.tsx?$|^scripts\/|^bench\/|\.config\.ts$|\/(test|testing|proofs|gallery)\//;
