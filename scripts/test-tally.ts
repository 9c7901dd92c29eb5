/** Counts what node:test reports and writes it for a person: one line a file, failures in full, skips by name. */
import { relative, resolve } from 'node:path';

/** The part of node:test's report that is used here. */
export interface TestReport {
  name: string;
  nesting: number;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { duration_ms: number; type?: string; error?: Error & { cause?: unknown; failureType?: string } };
}

export interface Tally {
  passed: number;
  failed: number;
  /** `file` is the one that runs: a report names where its test is written, which may be a file that several share. */
  count(file: string, report: TestReport, passed: boolean): void;
  /** What a file wrote to standard error: shown where it dies. */
  printed(file: string, text: string): void;
  /** A file is through: its line. */
  fileDone(file: string, durationMs: number): void;
  finish(seconds: number, checksPass: boolean): void;
}

const MAX_PRINTED = 4_000;

function reasonOf(error: TestReport['details']['error']): string {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

export function createTally(root: string, say: (line?: string) => void): Tally {
  const skipped: { file: string; name: string; reason: string }[] = [];
  const failures: { file: string; name: string; reason: string }[] = [];
  const printed = new Map<string, string>();
  const perFile = new Map<string, { passed: number; failed: number; skipped: number }>();

  const tally: Tally = {
    passed: 0,
    failed: 0,
    count(absolute, report, passed) {
      const file = relative(root, absolute);
      // A file as such, or a suite: what it holds is counted, and it fails on its own only by a hook.
      const failedByChild = report.details.error?.failureType === 'subtestsFailed';
      const isSkipped = report.skip !== undefined && report.skip !== false;
      if ((!passed && failedByChild) || (passed && report.details.type === 'suite' && !isSkipped)) return;
      const counts = perFile.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
      perFile.set(file, counts);
      const isFile = resolve(root, report.name) === resolve(root, file);
      const name = isFile ? 'the file itself' : report.name;
      if (isSkipped) {
        counts.skipped++;
        const reason = typeof report.skip === 'string' && report.skip ? report.skip : 'no reason given';
        skipped.push({ file, name, reason });
      } else if (passed) {
        counts.passed++;
        tally.passed++;
      } else {
        counts.failed++;
        tally.failed++;
        const reason = reasonOf(report.details.error);
        failures.push({
          file,
          name,
          reason: isFile ? `${reason.split('\n')[0]}\n${printed.get(file) ?? ''}` : reason,
        });
        // A file that died before its tests has no summary to wait for.
        if (isFile) tally.fileDone(absolute, report.details.duration_ms);
      }
    },
    printed(absolute, text) {
      const file = relative(root, absolute);
      printed.set(file, ((printed.get(file) ?? '') + text).slice(-MAX_PRINTED));
    },
    fileDone(absolute, durationMs) {
      const file = relative(root, absolute);
      const counts = perFile.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
      const parts = [
        `${counts.passed} passed`,
        ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
        ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
      ];
      say(
        `${counts.failed > 0 ? 'FAIL' : 'ok  '} ${file}: ${parts.join(', ')} (${(durationMs / 1000).toFixed(1)} s)`,
      );
      for (const { name, reason } of failures.filter((failure) => failure.file === file)) {
        say(`     ${name}`);
        say(reason.replace(/^/gm, '       '));
      }
    },
    finish(seconds, checksPass) {
      if (skipped.length > 0) {
        say('\nSkipped:');
        for (const { file, name, reason } of skipped) say(`  ${file}: ${name}: ${reason}`);
      }
      if (failures.length > 0) {
        say('\nFailed:');
        for (const { file, name, reason } of failures) say(`  ${file}: ${name}: ${reason.split('\n')[0]}`);
      }
      if (!checksPass) say('\n`npm run check` fails: see above.');
      say(`\n${perFile.size} files in ${Math.round(seconds)} s`);
      say(`${tally.passed} passed, ${tally.failed} failed, ${skipped.length} skipped`);
    },
  };
  return tally;
}
