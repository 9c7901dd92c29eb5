/**
 * The bus joins the parts of a server (and later several servers): typed topics, at most once, in order
 * of publication a topic. State lives in the store; a subscriber that must not miss anything reads the
 * store first and listens from then on. Engines: in-process now; Redis or Valkey behind the same contract.
 */
import type { ExperimentNews, ExperimentSecond } from '@maille/wire/experiment';
import type { MachineState, PeersParams, RoutesParams } from '@maille/wire/link/messages';
import type { SampleBatch } from '@maille/wire/link/samples';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Incident } from '@maille/wire/rest/incidents';
import type { Machine } from '@maille/wire/rest/machines';
import type { AuditEntry, Settings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';

export interface BusTopics {
  machines: { put: Machine[]; remove: string[] };
  /** An administrator's decision, for whoever holds that agent's link. */
  'machine-state': { machineId: string; state: MachineState };
  peers: { machineId: string } & PeersParams;
  /** `baseRevision` is the revision before this change. */
  targets: { baseRevision: number; revision: number; put: Target[]; remove: number[] };
  /** Samples that have just been stored, in the order of their arrival. */
  samples: { agentNumber: number; backlog: boolean; batch: SampleBatch };
  /** Rounds of traceroute from one agent, in the order of time. */
  routes: { agentNumber: number } & RoutesParams;
  /** A route is another than before: told two or three rounds after it became so. */
  'route-changes': RouteChange;
  /** Routes as they are known after rounds, and those that are over since. */
  'target-routes': { put: TargetRoute[] };
  /** What came of a load experiment. */
  experiments: { machineId: string; news: ExperimentNews };
  /** What the server makes of it: an experiment that is new or another than before, and its new seconds. */
  'experiment-states': { id: number; put?: Experiment; removed?: true; seconds: ExperimentSecond[] };
  incidents: { put: Incident[] };
  audit: AuditEntry;
  settings: Settings;
}
export type BusTopic = keyof BusTopics;

export interface Bus {
  publish<T extends BusTopic>(topic: T, message: BusTopics[T]): void;
  /** The result ends the subscription. A subscriber that throws is logged and harms nobody else. */
  subscribe<T extends BusTopic>(topic: T, receive: (message: BusTopics[T]) => void): () => void;
  stop(): Promise<void>;
}
