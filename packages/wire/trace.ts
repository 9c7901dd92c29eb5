/** The trace of one target: the same word in the log lines of server, agent and sensor, for a while. */
import Type, { type Static } from 'typebox';
import { TimeMs } from './schema.ts';

export const Trace = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{12}$', description: 'What to look for in the logs' }),
  /** It ends by itself, on every machine: nobody has to tell an agent that cannot be reached. */
  untilMs: TimeMs,
});
export type Trace = Static<typeof Trace>;

/** Each traced target costs lines by the second on three logs. */
export const MAX_TRACED_TARGETS = 100;
export const MAX_TRACE_MS = 86_400_000;
