/**
 * How Node is started for one of Maille's programs. Agent and sensor run on machines that are there for
 * something else, so they are kept small: they hold little that lives long and make little garbage, and
 * what Node sets aside by default is for programs that do not. See docs/decisions/0016.
 */
export interface NodeStart {
  flags: readonly string[];
  environment: Record<string, string>;
}

const quiet = '--disable-warning=ExperimentalWarning';
const small: NodeStart = {
  flags: [
    quiet,
    '--max-semi-space-size=1',
    // The one WebAssembly module is what strips the types at the start: not worth being optimised.
    '--liftoff-only',
    '--v8-pool-size=1',
  ],
  // Else each thread that allocates gets a heap of its own, and keeps what it once needed.
  environment: { MALLOC_ARENA_MAX: '1' },
};

/**
 * Once a minute the server puts a minute of every target away, which makes much garbage at once. With as much
 * room for it as Node gives, its memory would be 85 MB more while it works, and nothing faster.
 */
const server: NodeStart = { flags: [quiet, '--max-semi-space-size=8'], environment: {} };

/** `program` is the path of its TypeScript file. */
export function nodeStart(program: string): NodeStart {
  if (/(^|\/)agent\/[^/]+$/.test(program)) return small;
  return /(^|\/)server\/[^/]+$/.test(program) ? server : { flags: [quiet], environment: {} };
}
