/**
 * Samples in InfluxDB's line protocol, which VictoriaMetrics, QuestDB and Telegraf read too. The outcome
 * is a tag: a late reply has the send time of its own timeout, and must not write over it.
 */
import { outcomes, RTT_UNIT_NS, type SampleBatch } from '@maille/wire/link/samples';
import type { Target } from '@maille/wire/rest/targets';

export const MEASUREMENT = 'maille_probe';

export interface InfluxSubject {
  targetOf(id: number): Pick<Target, 'host' | 'probe' | 'prefix'> | undefined;
  agentName(agentNumber: number): string;
}

/** Lines of the samples [from, to); targets that are gone are passed over. Time stamps are nanoseconds. */
export function influxLines(
  { targetOf, agentName }: InfluxSubject,
  agentNumber: number,
  batch: SampleBatch,
  from: number,
  to: number,
): string {
  const agent = escapeTag(agentName(agentNumber));
  const baseUs = Math.round(batch.baseMs * 1_000);
  let lines = '';
  for (let i = from; i < to; i++) {
    const target = targetOf(batch.targetIds[i] as number);
    if (!target) continue;
    const outcome = outcomes[batch.outcomes[i] as number];
    const rttNs = (batch.rtts10ns[i] as number) * RTT_UNIT_NS;
    const tags = `agent=${agent},agent_number=${agentNumber},host=${escapeTag(target.host)},outcome=${outcome},prefix=${escapeTag(target.prefix)},probe=${target.probe}`;
    const fields = `code=${batch.codes[i]}i${rttNs === 0 ? '' : `,rtt_ns=${rttNs}i`}`;
    // 53 bits do not hold nanoseconds since 1970: the last three digits are written, not computed.
    lines += `${MEASUREMENT},${tags} ${fields} ${baseUs + (batch.offsetsUs[i] as number)}000\n`;
  }
  return lines;
}

/** Names are other people's text: none of it may end a tag, or a line. */
export function escapeTag(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, ' ').replace(/\\+$/u, '');
  return plain === '' ? '-' : plain.replace(/[,= ]/g, '\\$&');
}
