/** Which machine the figures are of. */
import { cpus, release, totalmem } from 'node:os';

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGb: Math.round((10 * totalmem()) / 2 ** 30) / 10,
    kernel: release(),
    node: process.version,
  };
}
