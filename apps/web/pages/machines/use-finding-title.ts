import { useLanguage, useText } from '@maille/ui/language/language.tsx';
import type { Finding } from '@maille/wire/link/messages';
import { findingsText } from './findings-text.ts';

/** In English the machine's own title is shown: it knows more than a sentence that fits every machine. */
export function useFindingTitle(): (finding: Finding) => string {
  const text = useText(findingsText);
  const language = useLanguage();
  return (finding) => {
    if (language === 'en') return finding.title;
    const key = [finding.id, `${finding.id}-${finding.severity}`].find((one) => one in findingsText.en);
    return text((key ?? 'other') as 'other', { title: finding.title });
  };
}
