/** The last target list, kept so that an agent that starts without its server goes on probing. */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { ProbeTarget } from '@maille/wire/link/messages';
import { withProbe } from '@maille/wire/probe-method';
import { checker } from '@maille/wire/schema';
import Type from 'typebox';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const TargetsFile = Type.Object({
  targets: Type.Array(ProbeTarget, { maxItems: 100_000 }),
});
const targetsFile = checker(TargetsFile);
/** An agent of before there was a second way to probe wrote none. */
const asWritten: typeof targetsFile = {
  ...targetsFile,
  check(value, what) {
    withProbe((value as { targets?: unknown } | null)?.targets);
    return targetsFile.check(value, what);
  },
};

/** Changes come in flocks; a list of ten thousand is a megabyte. */
const WRITE_AFTER_MS = 500;

export interface TargetsFileKeeper {
  read(): ProbeTarget[];
  /** The list has changed; it is written a moment later. */
  changed(list: () => ProbeTarget[]): void;
  stop(): void;
}

export function createTargetsFile(file: string, clock: Clock, log: Log): TargetsFileKeeper {
  let cancel: Cancel | undefined;
  let latest: (() => ProbeTarget[]) | undefined;

  function write(): void {
    cancel = undefined;
    if (!latest) return;
    const targets = latest();
    latest = undefined;
    try {
      writeJsonFile(file, { targets });
    } catch (error) {
      log.error({ err: error, file }, 'could not keep the target list');
    }
  }

  return {
    read: () => readJsonFile(file, asWritten, log)?.targets ?? [],
    changed(list) {
      latest = list;
      cancel ??= clock.after(WRITE_AFTER_MS, write);
    },
    stop() {
      cancel?.();
      write();
    },
  };
}
