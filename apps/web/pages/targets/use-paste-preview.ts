/** Asks the server what it would do with the text, a moment after the last key: one rule, in one place. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { ProbeMethod } from '@maille/wire/probe-method';
import type { ResponseOf } from '@maille/wire/rest/route';
import { createTargets } from '@maille/wire/rest/targets';
import { useEffect, useState } from 'react';

export interface Preview {
  checking: boolean;
  result: ResponseOf<typeof createTargets> | undefined;
  error: unknown;
}

const nothing: Preview = { checking: false, result: undefined, error: undefined };
const PAUSE_MS = 250;

export function usePastePreview(entries: string, probes: readonly ProbeMethod[]): Preview {
  const call = useCall();
  const [preview, setPreview] = useState<Preview>(nothing);
  useEffect(() => {
    if (entries.trim() === '' || probes.length === 0) {
      setPreview(nothing);
      return;
    }
    setPreview((before) => ({ ...before, checking: true }));
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call(createTargets, {
        body: { entries, probes: [...probes], dryRun: true },
        signal: abort.signal,
      }).then(
        (result) => setPreview({ checking: false, result, error: undefined }),
        (error: unknown) => {
          if (!abort.signal.aborted) setPreview({ checking: false, result: undefined, error });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [call, entries, probes]);
  return preview;
}
