/**
 * Load experiments pass through the agent: from the link to the sensor, and what comes of them back. The
 * agent adds what it alone can know: whether a sensor is there, that it died, that the link did.
 */
import { Problem } from '@maille/base/problem';
import { requireSensorBounds } from '@maille/engine/experiment/sensor-bounds';
import type { LinkExperiments } from '@maille/engine/link/agent-link';
import { createOwnPrefixes } from '@maille/engine/probe/own-prefixes';
import { defaultRateBounds } from '@maille/engine/probe/rate-guard';
import type { SensorClient } from '@maille/host/sensor/sensor-client';
import type { ExperimentNews } from '@maille/wire/experiment';
import { checkExperimentPlan } from '@maille/wire/experiment-plan';

export interface AgentExperiments extends LinkExperiments {
  news(news: ExperimentNews): void;
  sensorLost(): void;
}

export function createAgentExperiments(
  sensor: () => Pick<SensorClient, 'experiment'> | undefined,
  /** Whether the sensor has sockets to send by. */
  canProbe: () => boolean,
  /** The only prefixes that the sensor probes; undefined: any. */
  ownPrefixes: () => readonly string[] | undefined,
  tell: (news: ExperimentNews) => void,
): AgentExperiments {
  let running: number | undefined;

  function stop(id: number): void {
    if (id === running) sensor()?.experiment({ type: 'experiment-stop', id });
  }

  return {
    start({ id, plan }) {
      if (running !== undefined)
        throw new Problem('conflict', 'This machine is in a load experiment already.', {
          remedy: 'Stop that one first.',
        });
      checkExperimentPlan(plan);
      if (!canProbe())
        throw new Problem('unavailable', 'The sensor of this machine can send nothing now.', {
          remedy: 'maille doctor',
        });
      // The sensor refuses by itself what is over its bounds, and can then only end; the reason is told from here.
      const own = ownPrefixes();
      requireSensorBounds(plan, { ...defaultRateBounds, ownPrefixes: own && createOwnPrefixes(own) });
      if (!sensor()?.experiment({ type: 'experiment-start', id, plan }))
        throw new Problem('unavailable', 'This machine has no sensor now.', { remedy: 'maille doctor' });
      running = id;
    },
    keepalive(id) {
      if (id === running) sensor()?.experiment({ type: 'experiment-keepalive', id });
    },
    stop,
    linkLost() {
      if (running !== undefined) stop(running);
    },
    news(news) {
      if (news.id !== running) return;
      if (news.ended !== undefined) running = undefined;
      tell(news);
    },
    sensorLost() {
      if (running === undefined) return;
      tell({ id: running, seconds: [], steps: [], ended: 'sensor-lost' });
      running = undefined;
    },
  };
}
