/** What a person calls the browser and system of a User-Agent header; the header itself where it is none of the known. */
const browsers = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['HeadlessChrome/', 'Chrome'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const systems = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

export function browserName(userAgent: string): string {
  const browser = browsers.find(([mark]) => userAgent.includes(mark));
  if (!browser) return userAgent.slice(0, 60) || '—';
  const version = new RegExp(`${browser[0]}(\\d+)`).exec(userAgent)?.[1];
  const system = systems.find(([mark]) => userAgent.includes(mark));
  return [version === undefined ? browser[1] : `${browser[1]} ${version}`, system?.[1]]
    .filter(Boolean)
    .join(' · ');
}
