/**
 * `npm test [-- PATTERN …]`: brings what the tests need, checks the source, runs every test, and says by
 * name what could not run here and why. With patterns, only the test files whose path holds one of them.
 *
 * Files that need no privileges run beside each other; those that drive the kernel's network or a
 * browser run one after another, because they measure, and because two Chromiums on two cores starve
 * each other.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { bringTestPrograms } from './debian-packages.ts';
import { projectRoot, sourceFiles } from './source-files.ts';
import { createTally, type Tally, type TestReport } from './test-tally.ts';

const alone = /\.(root|browser)\.test\.tsx?$/;
/** A file that hangs must not hang the whole run. */
const fileTimeoutMs = 6 * 60_000;

/** One file in a process of its own, which ends with its time. */
async function runFile(file: string, tally: Tally): Promise<void> {
  const absolute = join(projectRoot, file);
  const stream = run({
    files: [absolute],
    cwd: projectRoot,
    signal: AbortSignal.timeout(fileTimeoutMs),
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  for await (const event of stream) {
    const { type, data } = event as {
      type: string;
      data: TestReport & { duration_ms: number; message: string; file?: string };
    };
    if (type === 'test:pass' || type === 'test:fail') tally.count(absolute, data, type === 'test:pass');
    else if (type === 'test:stderr') tally.printed(absolute, data.message);
    else if (type === 'test:summary' && data.file) tally.fileDone(absolute, data.duration_ms);
  }
}

async function runFiles(files: string[], concurrency: number, tally: Tally): Promise<void> {
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await runFile(file, tally);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

const patterns = process.argv.slice(2).filter((argument) => argument !== '--');
const startedMs = performance.now();
const programs = bringTestPrograms(console.log);
for (const { program, remedy } of programs.missing) {
  console.log(`Without ${program} some tests cannot run: ${remedy}`);
}

let checksPass = true;
if (patterns.length === 0) {
  const check = spawnSync(process.execPath, [join(projectRoot, 'scripts', 'check.ts')], { stdio: 'inherit' });
  checksPass = check.status === 0;
  console.log();
}

const files = sourceFiles('.test.ts', '.test.tsx').filter(
  (file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)),
);
if (files.length === 0) {
  console.error(`No test file has ${patterns.join(' or ')} in its path.`);
  process.exit(2);
}
const tally = createTally(projectRoot, console.log);
await runFiles(
  files.filter((file) => !alone.test(file)),
  availableParallelism(),
  tally,
);
await runFiles(
  files.filter((file) => alone.test(file)),
  1,
  tally,
);
tally.finish((performance.now() - startedMs) / 1000, checksPass);
process.exitCode = checksPass && tally.failed === 0 ? 0 : 1;
