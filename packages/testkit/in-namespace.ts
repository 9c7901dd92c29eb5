/** Runs a script again inside of a network namespace of its own, with `--inside`; its exit code comes back. */
import { createNetwork } from './namespaces.ts';

export async function runInNamespace(script: string, args: string[]): Promise<number> {
  const network = createNetwork();
  try {
    const inside = network
      .addNamespace('proof')
      .spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, '--inside', ...args], {
        stdio: 'inherit',
      });
    return await new Promise((resolve) => inside.on('exit', (code) => resolve(code ?? 1)));
  } finally {
    network.remove();
  }
}
