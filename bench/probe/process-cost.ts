/** What a process has cost so far, over all of its threads, as the kernel's scheduler counts it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessCost {
  /** Time on a processor, user and system. */
  cpuSeconds: number;
  /** The part of it outside the kernel. */
  userSeconds: number;
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export function costOf(pid: number): ProcessCost {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // To the nanosecond, where /proc/PID/stat knows hundredths; a thread that has ended counts in neither.
  let ranNs = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    ranNs += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return { cpuSeconds: ranNs / 1e9, userSeconds: Number(fields[11]) / ticksPerSecond };
}

/** What a process holds: pages of its own, and pages that others map too (for the most part Node's own program). */
export function residentMb(pid: number): { own: number; shared: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const sizeOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  const resident = sizeOf('Rss');
  const own = sizeOf('Private_Clean') + sizeOf('Private_Dirty');
  return { own, shared: resident - own };
}

export interface MachineCost {
  /** Of all processors together. */
  busySeconds: number;
  softirqSeconds: number;
}

export function machineCost(): MachineCost {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields ?? [];
  return {
    busySeconds: (user + nice + system + irq + softirq) / ticksPerSecond,
    softirqSeconds: softirq / ticksPerSecond,
  };
}
