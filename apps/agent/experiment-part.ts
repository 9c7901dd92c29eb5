/**
 * The sensor's part of a load experiment: a prober of its own, with its own nonce, sockets and pace, so
 * that nothing of it gets into the series. The sockets are opened while there are rights to, and deaf
 * until there is something to hear.
 *
 * It stops by itself: at the plan's end, at too much loss, and when nobody says to go on.
 */
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createExperimentRun, type ExperimentRun } from '@maille/engine/experiment/experiment-run';
import { createPacedSchedule, type PacedSchedule } from '@maille/engine/experiment/paced-schedule';
import { requireSensorBounds } from '@maille/engine/experiment/sensor-bounds';
import { createProber, type Prober } from '@maille/engine/probe/prober';
import type { RateBounds } from '@maille/engine/probe/rate-guard';
import type { EchoSocket } from '@maille/host/icmp/echo-socket';
import type { ExperimentEnd, ExperimentNews, ExperimentPlan } from '@maille/wire/experiment';
import { RTT_UNIT_NS } from '@maille/wire/link/samples';
import { ICMP } from '@maille/wire/probe-method';
import type { SensorPart } from './sensor-part.ts';

export interface ExperimentPartOptions {
  /** Opens sockets for this part alone; none where this process may not. */
  open: () => readonly EchoSocket[];
  /** The most that the sensor sends, whatever it is asked for. */
  rateBounds: RateBounds;
  /** What the sockets' stamps count from. */
  epochMs: number;
  clock: Clock;
  log: Log;
  tell(news: ExperimentNews): void;
}

interface Running {
  id: number;
  run: ExperimentRun;
  prober: Prober;
  schedule: PacedSchedule;
}

/** Where nothing runs there is nothing to do. */
const IDLE_MS = 1_000;
/** Rows are told soon after they are final. */
const LOOK_MS = 50;

export function createExperimentPart(options: ExperimentPartOptions): SensorPart {
  const { open, rateBounds, epochMs, clock, log, tell } = options;
  let sockets = open();
  let running: Running | undefined;
  let lookedMs = 0;
  const hear = (on: boolean) => {
    for (const socket of sockets) socket.hear(on);
  };
  hear(false);

  function begin(id: number, plan: ExperimentPlan): Running {
    if (sockets.length === 0) sockets = open(); // the right may have come since
    if (sockets.length === 0)
      throw new Problem('unavailable', 'this sensor has no sockets for an experiment');
    requireSensorBounds(plan, rateBounds);
    const startMs = clock.monoMs();
    const startWallMs = clock.wallMs();
    const run = createExperimentRun(id, plan, startMs);
    const words = crypto.getRandomValues(new Uint32Array(3));
    const schedule = createPacedSchedule();
    const prober = createProber({
      ports: sockets,
      epochMs,
      random: [words[0] as number, words[1] as number, words[2] as number],
      wallMs: clock.wallMs,
      monoMs: clock.monoMs,
      schedule,
      onSamples({ count, baseMs, offsetsUs, outcomes, codes, rtts10ns }) {
        for (let i = 0; i < count; i++)
          run.verdict(
            baseMs + (offsetsUs[i] as number) / 1_000 - startWallMs,
            outcomes[i] as number,
            codes[i] as number,
            (rtts10ns[i] as number) * RTT_UNIT_NS,
          );
      },
    });
    const targets = plan.addresses.map((address, i) => ({
      id: i + 1,
      address,
      probe: ICMP,
      intervalMs: 1_000,
      timeoutMs: plan.timeoutMs,
    }));
    const [refused] = prober.setTargets(targets);
    if (refused) throw new Problem('invalid', refused.reason);
    return { id, run, prober, schedule };
  }

  function start(id: number, plan: ExperimentPlan): void {
    end('stopped');
    try {
      running = begin(id, plan);
      hear(true);
      log.info(
        { experiment: id, addresses: plan.addresses, toRate: plan.toRate },
        'a load experiment begins',
      );
    } catch (error) {
      log.warn({ err: error, experiment: id }, 'a load experiment cannot begin');
      tell({ id, seconds: [], steps: [], ended: 'sensor-lost' });
    }
  }

  /** At once, without the last verdicts. */
  function end(why: ExperimentEnd): void {
    if (!running) return;
    hear(false);
    tell({ id: running.id, seconds: [], steps: [], ended: why });
    running = undefined;
  }

  function look({ id, run, prober }: Running, nowMs: number): void {
    lookedMs = nowMs;
    prober.flush();
    const news = run.tick(nowMs);
    if (news) tell(news);
    if (!run.over) return;
    hear(false);
    running = undefined;
    log.info({ experiment: id, end: news?.ended }, 'a load experiment is over');
  }

  return {
    findings: [],
    take(command) {
      if (command.type === 'experiment-start') start(command.id, command.plan);
      else if (command.type === 'experiment-keepalive' && command.id === running?.id)
        running.run.keepalive(clock.monoMs());
      else if (command.type === 'experiment-stop' && command.id === running?.id) running.run.stop('stopped');
    },
    tick() {
      if (!running) return IDLE_MS;
      const nowMs = clock.monoMs();
      running.schedule.setRate(running.run.totalRate, nowMs);
      const waitMs = Math.min(running.prober.tick(), LOOK_MS);
      if (nowMs - lookedMs >= LOOK_MS) look(running, nowMs);
      return waitMs;
    },
    flush() {},
    stop() {
      running = undefined;
      for (const socket of sockets) socket.close();
    },
  };
}
