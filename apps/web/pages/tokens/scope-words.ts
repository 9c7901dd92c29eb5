import type { Text } from '@maille/ui/language/language.tsx';
import type { ApiToken } from '@maille/wire/rest/people';
import type { Scope } from '@maille/wire/rest/route';
import type { tokensText } from './tokens-text.ts';

/** `machines:read, machines:write` → `Machines (read, change)`. */
export function scopeWords(text: Text<(typeof tokensText)['en']>, scopes: ApiToken['scopes']): string {
  const rights = new Map<Scope, string[]>();
  for (const scope of scopes) {
    const [part, right] = scope.split(':') as [Scope, 'read' | 'write'];
    rights.set(part, [...(rights.get(part) ?? []), text(right)]);
  }
  return [...rights].map(([part, words]) => `${text(part)} (${words.join(', ')})`).join(', ');
}
