/** The doctor: what this machine lacks, each with the one command that brings it. */
import type { Finding } from '@maille/wire/link/messages';
import { gatherEvidence } from './host-evidence.ts';
import { judgeHost, type Probing } from './judge-host.ts';

export interface InspectOptions {
  /** Where data is kept, to look at its disk. */
  dataDir?: string;
  /** What a running sensor says of itself; without it, what this very process may do counts. */
  probing?: Probing;
  /** Only what a server needs. */
  forServer?: boolean;
}

export async function inspectHost(options: InspectOptions = {}): Promise<Finding[]> {
  return judgeHost(gatherEvidence(options.dataDir), options.probing, options.forServer);
}
