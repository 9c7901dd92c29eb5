/** One round of traceroute, here and now, with what the sensor traces with. */
import type { Clock } from '@maille/base/clock';
import { parseIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import type { FlowTrace } from '@maille/engine/route/flow-trace';
import { createTracer } from '@maille/engine/route/tracer';
import { openTracePorts } from '@maille/host/trace/open-trace-ports';
import type { Finding } from '@maille/wire/link/messages';
import type { TracePlan, TraceRound } from '@maille/wire/traceroute';

export interface RunTraceOptions {
  address: string;
  plan: TracePlan;
  clock: Clock;
  /** Before the first packet: what is really done, and why not what was asked for. */
  onBegin(method: TraceRound['method'], findings: readonly Finding[]): void;
  onProgress(flows: readonly FlowTrace[]): void;
}

const TARGET_ID = 1;

export async function runTrace(options: RunTraceOptions): Promise<TraceRound> {
  const { address, plan, clock } = options;
  const family = parseIpAddress(address)?.family as 4 | 6;
  const ports = openTracePorts(Math.floor(clock.wallMs() / 1_000) * 1_000);
  // The clock keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  try {
    const port = ports.port(plan.method, family);
    if (!port) throw new Problem('unsupported', `this machine cannot send to IPv${family} addresses`);
    options.onBegin(port.method, port.method === plan.method ? [] : ports.findings);
    let round: TraceRound | undefined;
    const words = crypto.getRandomValues(new Uint32Array(3));
    const tracer = createTracer({
      port: () => port,
      random: [words[0] as number, words[1] as number, words[2] as number],
      wallMs: clock.wallMs,
      monoMs: clock.monoMs,
      onRound(result) {
        round = result;
      },
      onProgress: (_, flows) => options.onProgress(flows),
    });
    tracer.setTargets([{ id: TARGET_ID, address, plan }]);
    tracer.traceNow([TARGET_ID]);
    while (!round) {
      const waitMs = tracer.tick();
      if (!round) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    }
    return round;
  } finally {
    clearInterval(alive);
    ports.close();
  }
}
