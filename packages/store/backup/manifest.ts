/**
 * A backup is a tar (POSIX ustar): `manifest.json` first, then the files it lists, in its order. What may
 * be in it is told here by name, so that nothing else is ever written when it is read back.
 */
import { Problem } from '@maille/base/problem';
import { checker, Line, TimeMs } from '@maille/wire/schema';
import Type, { type Static } from 'typebox';

export const MANIFEST_NAME = 'manifest.json';
export const DATABASE_NAME = 'maille.sqlite';
/** What is usual for each target; not in backups of the first format. */
export const BASELINES_FOLDER = 'baselines';
/** What a backup holds of a data folder, and what a restore replaces. */
export const backupParts = [DATABASE_NAME, 'identity', 'tls', 'series', BASELINES_FOLDER] as const;
export const FORMAT_VERSION = 2;
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

// No segment begins with a dot or a dash, none is empty: no way up, no option, nothing hidden.
const segment = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}';

export const BackupManifest = Type.Object({
  format: Type.Literal('maille-backup'),
  formatVersion: Type.Integer({ minimum: 1, maximum: FORMAT_VERSION }),
  /** The Maille that wrote it. */
  version: Line(64),
  createdAtMs: TimeMs,
  files: Type.Array(
    Type.Object({
      path: Type.String({
        pattern: `^(maille\\.sqlite|(identity|tls|${BASELINES_FOLDER})/${segment}|series/${segment}(/${segment})?)$`,
      }),
      bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
    { maxItems: 100_000 },
  ),
});
export type BackupManifest = Static<typeof BackupManifest>;
const manifestChecker = checker(BackupManifest);

export function parseManifest(text: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid', 'the backup’s manifest is no JSON', { cause });
  }
  const { format, formatVersion } = (value ?? {}) as Partial<BackupManifest>;
  if (format === 'maille-backup' && Number(formatVersion) > FORMAT_VERSION) {
    throw new Problem('unsupported', 'the backup was written by a newer Maille', {
      remedy: 'Restore it with the version that wrote it, or a newer one.',
    });
  }
  const manifest = manifestChecker.check(value, 'the backup’s manifest');
  const paths = new Set(manifest.files.map(({ path }) => path));
  if (paths.size !== manifest.files.length)
    throw new Problem('invalid', 'the backup’s manifest names a file twice');
  for (const needed of [DATABASE_NAME, 'identity/server.key']) {
    if (!paths.has(needed)) throw new Problem('invalid', `the backup lacks ${needed}`);
  }
  return manifest;
}
