/** What a cell says in words: on hover, at the cursor, in the table. The same three facts everywhere. */
import type { Format } from '../language/format.ts';
import type { Text } from '../language/language.tsx';
import { NOTABLE_FROM, SEVERE_FROM } from '../samples/deviation.ts';
import {
  isAnswered,
  LEVEL_LATE,
  LEVEL_NONE,
  LEVEL_NOT_SENT,
  LEVEL_REFUSED,
  LEVEL_RESET,
  LEVEL_TTL_EXCEEDED,
  LEVEL_UNREACHABLE,
} from '../samples/sample-level.ts';
import type { TargetSummary } from '../samples/sample-window.ts';
import { sendErrorWords } from '../samples/send-error-words.ts';
import type { gridText } from './grid-text.ts';

export type GridText = Text<(typeof gridText)['en']>;

/** `errno`: of what could not be sent. */
export function stateWords(level: number, text: GridText, errno: number): string {
  if (isAnswered(level)) return text('answered');
  switch (level) {
    case LEVEL_NONE:
      return text('noData');
    case LEVEL_NOT_SENT:
      return text('notSent', { reason: sendErrorWords(errno, text) });
    case LEVEL_LATE:
      return text('late');
    case LEVEL_RESET:
      return text('reset');
    case LEVEL_REFUSED:
      return text('refused');
    case LEVEL_TTL_EXCEEDED:
      return text('ttlExceeded');
    case LEVEL_UNREACHABLE:
      return text('unreachable');
    default:
      return text('timeout');
  }
}

export function figureWords(summary: TargetSummary, text: GridText, format: Format): string {
  return isAnswered(summary.level) && summary.rttNs > 0
    ? format.rtt(summary.rttNs)
    : stateWords(summary.level, text, summary.errno);
}

/** How far from usual, in words; nothing where it does not answer. */
export function deviationWords(summary: TargetSummary, text: GridText): string {
  if (!isAnswered(summary.level)) return '';
  const { deviation } = summary;
  if (Number.isNaN(deviation)) return text('learning');
  if (deviation >= SEVERE_FROM) return text('severe');
  return text(deviation >= NOTABLE_FROM ? 'notable' : 'asUsual');
}

export function lossWords(summary: TargetSummary, text: GridText): string {
  return summary.sent === 0 ? '—' : text('lostOf', { count: summary.lost, sent: summary.sent });
}

/** Last octet of an IPv4 address, last group of an IPv6 one, the first label of a name. */
export function shortName(host: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return `.${host.slice(host.lastIndexOf('.') + 1)}`;
  if (host.includes(':')) return `:${host.split('%')[0]?.split(':').at(-1) || '0'}`;
  return host.split('.')[0] as string;
}
