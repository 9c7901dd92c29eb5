/** Every word of the query must be somewhere in an entry; entries that begin with it come first. */
export interface Searchable {
  /** What is searched, in lower case. */
  words: string;
  /** Entries of equal fit stay in order of this: smaller first. */
  weight: number;
}

export function matchEntries<E extends Searchable>(entries: readonly E[], query: string, limit: number): E[] {
  const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
  const scored: { entry: E; score: number; index: number }[] = [];
  entries.forEach((entry, index) => {
    let score = entry.weight;
    for (const part of parts) {
      const at = entry.words.indexOf(part);
      if (at < 0) return;
      if (at > 0) score += /[\s./:-]/.test(entry.words[at - 1] as string) ? 10 : 30;
    }
    scored.push({ entry, score, index });
  });
  scored.sort((a, b) => a.score - b.score || a.index - b.index);
  return scored.slice(0, limit).map(({ entry }) => entry);
}
