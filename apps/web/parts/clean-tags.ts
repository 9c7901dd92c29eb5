/** Tags as the server takes them: what is typed is brought into shape where that is plain, and dropped where not. */
export function cleanTags(tags: readonly string[]): string[] {
  const clean = tags.map((tag) =>
    tag
      .trim()
      .toLowerCase()
      .replaceAll(/\s+/g, '-')
      .replaceAll(/[^a-z0-9_.:-]/g, '')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 32),
  );
  return [...new Set(clean.filter((tag) => tag !== ''))];
}
