/** The sensor's TCP probes: the prober of engine/tcp-probe over the sockets of host/tcp. */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { createTcpProber } from '@maille/engine/tcp-probe/tcp-prober';
import { openConnectSockets } from '@maille/host/tcp/open-connect-sockets';
import type { SampleBatch } from '@maille/wire/link/samples';
import { tcpPortOf } from '@maille/wire/probe-method';
import type { SensorPart } from './sensor-part.ts';

export interface TcpPartOptions {
  clock: Clock;
  epochMs: number;
  log: Log;
  onSamples(batch: SampleBatch): void;
}

export function createTcpPart({ clock, epochMs, log, onSamples }: TcpPartOptions): SensorPart {
  const { sockets, findings } = openConnectSockets(epochMs);
  const prober = createTcpProber({ port: sockets, epochMs, monoMs: clock.monoMs, onSamples });
  const isTcp = ({ probe }: { probe: string }) => tcpPortOf(probe) !== undefined;

  return {
    findings,
    take(command) {
      if (command.type !== 'targets' && command.type !== 'change') return;
      const refused =
        command.type === 'targets'
          ? prober.setTargets(command.targets.filter(isTcp))
          : prober.change(command.put.filter(isTcp), command.remove);
      for (const { id, reason } of refused) log.warn({ targetId: id, reason }, 'a target cannot be probed');
    },
    tick: prober.tick,
    flush: prober.flush,
    counters: () => ({ ...prober.counters, inFlight: prober.inFlight }),
    stop: sockets.stop,
  };
}
