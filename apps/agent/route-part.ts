/**
 * The sensor's part of routes: traces each target that has a plan for it. The ICMP sockets are opened while
 * there are rights to; the rest needs none.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { createTracer, type TraceTarget } from '@maille/engine/route/tracer';
import { openTracePorts } from '@maille/host/trace/open-trace-ports';
import type { SensorTarget } from '@maille/wire/sensor/messages';
import type { TraceRound } from '@maille/wire/traceroute';
import type { SensorPart } from './sensor-part.ts';

export interface RoutePartOptions {
  clock: Clock;
  /** What the sockets' stamps count from. */
  epochMs: number;
  log: Log;
  tell(round: TraceRound): void;
}

export function createRoutePart({ clock, epochMs, log, tell }: RoutePartOptions): SensorPart {
  const ports = openTracePorts(epochMs);
  const words = crypto.getRandomValues(new Uint32Array(3));
  const said = new Set<4 | 6>();
  const tracer = createTracer({
    port: ports.port,
    random: [words[0] as number, words[1] as number, words[2] as number],
    wallMs: clock.wallMs,
    monoMs: clock.monoMs,
    onRound: tell,
    onImpossible(targetId, family) {
      if (said.has(family)) return; // the same for all of this family, again and again
      said.add(family);
      log.warn({ targetId, family }, 'routes to addresses of this family cannot be traced from here');
    },
  });

  return {
    get findings() {
      return ports.findings;
    },
    take(command) {
      if (command.type === 'targets') tracer.setTargets(tracedOf(command.targets));
      else if (command.type === 'routes-now') tracer.traceNow(command.targetIds);
      else if (command.type === 'change') {
        const traced = tracedOf(command.put);
        const kept = new Set(traced.map(({ id }) => id));
        const plainNow = command.put.flatMap(({ id }) => (kept.has(id) ? [] : [id]));
        tracer.change(traced, [...command.remove, ...plainNow]);
      }
    },
    tick: tracer.tick,
    flush() {},
    stop: ports.close,
  };
}

function tracedOf(targets: readonly SensorTarget[]): TraceTarget[] {
  return targets.flatMap(({ id, address, route }) => (route ? [{ id, address, plan: route }] : []));
}
