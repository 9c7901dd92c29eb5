/** A pair's name, and its figures in one sentence, exact and with their age. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useCallback } from 'react';
import { meshText } from './mesh-text.ts';
import type { PairFigures } from './pair-figures.ts';

export function usePairWords(): (pair: PairFigures) => { name: string; figures: string } {
  const text = useText(meshText);
  const format = useFormat();
  return useCallback(
    ({ from, to, sent, lost, medianNs, p95Ns, usual, ageSeconds }) => {
      const figures =
        sent === 0
          ? text('noData')
          : lost === sent
            ? text('lostAll', { sent })
            : text('figures', {
                median: format.rtt(medianNs),
                p95: format.rtt(p95Ns),
                loss: `${format.number(lost)} (${format.percent(lost / sent)})`,
                sent,
              });
      const age = ageSeconds === undefined ? '' : ` · ${text('age', { age: ageSeconds })}`;
      const usually = usual ? text('usual', { rtt: format.rtt(usual.rttNs) }) : text('learning');
      const against = sent === 0 ? '' : ` · ${usually}`;
      return { name: text('pair', { from: from.name, to: to.name }), figures: figures + against + age };
    },
    [text, format],
  );
}
