/**
 * Pings from here and now, with what the sensor pings with: the kernel's own stamps, and one outcome for
 * every probe. It needs neither a server nor a sensor.
 */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import { createProber } from '@maille/engine/probe/prober';
import { createTcpProber } from '@maille/engine/tcp-probe/tcp-prober';
import { openEchoSockets } from '@maille/host/icmp/open-echo-sockets';
import { openConnectSockets } from '@maille/host/tcp/open-connect-sockets';
import type { Finding } from '@maille/wire/link/messages';
import type { SampleBatch } from '@maille/wire/link/samples';
import { ICMP, type ProbeMethod } from '@maille/wire/probe-method';

export interface RunPingOptions {
  addresses: readonly string[];
  probe: ProbeMethod;
  intervalMs: number;
  timeoutMs: number;
  clock: Clock;
  /** What could not be opened, before the first probe. */
  onFindings(findings: readonly Finding[]): void;
  /** Samples carry the number of their address, from 1. */
  onSamples(batch: SampleBatch): void;
  /** Asked after every turn, with how many were sent so far: whether to send no more. */
  enough(sent: number): boolean;
}

/** Waits for what is under way once it is enough. */
export async function runPing(options: RunPingOptions): Promise<void> {
  const { clock, probe, intervalMs, timeoutMs } = options;
  const epochMs = Math.floor(clock.wallMs() / 1_000) * 1_000;
  const { prober, close } = openProber(options, epochMs);
  const targets = options.addresses.map((address, i) => ({
    id: i + 1,
    address,
    probe,
    intervalMs,
    timeoutMs,
  }));
  const [refused] = prober.setTargets(targets);
  if (refused) throw new Problem('invalid', refused.reason);
  // The clock keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  try {
    let ending = false;
    while (!ending || prober.inFlight > 0) {
      const waitMs = prober.tick();
      prober.flush();
      if (!ending && options.enough(prober.counters.sent)) {
        ending = true;
        prober.setTargets([]);
        continue;
      }
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    }
    prober.flush();
  } finally {
    clearInterval(alive);
    close();
  }
}

function openProber({ probe, clock, onSamples, onFindings }: RunPingOptions, epochMs: number) {
  const { wallMs, monoMs } = clock;
  if (probe !== ICMP) {
    const { sockets, findings } = openConnectSockets(epochMs);
    onFindings(findings);
    return {
      prober: createTcpProber({ port: sockets, epochMs, monoMs, onSamples }),
      close: () => sockets.stop(),
    };
  }
  const { sockets, probing, findings } = openEchoSockets(epochMs);
  if (probing === 'none')
    throw new Problem('unsupported', 'nobody but root may ping on this machine', {
      remedy: 'sudo maille ping …, or widen net.ipv4.ping_group_range; TCP needs no right: --probe tcp:443',
    });
  onFindings(findings.filter(({ severity, id }) => severity !== 'fine' && id !== 'sensor-buffer'));
  const words = crypto.getRandomValues(new Uint32Array(3));
  return {
    prober: createProber({
      ports: sockets,
      epochMs,
      random: [words[0] as number, words[1] as number, words[2] as number],
      wallMs,
      monoMs,
      onSamples,
    }),
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}
