/** What is missing on a machine, said in the page, each with the one command that brings it. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Finding } from '@maille/wire/link/messages';
import { Stack, Text } from '@mantine/core';
import { CommandLine } from '../../app/command-line.tsx';
import { isCommand } from '../../app/problem-text.tsx';
import { StateMark } from '../../parts/state-mark.tsx';

import { machinesText } from './machines-text.ts';
import { useFindingTitle } from './use-finding-title.ts';

const rank = { broken: 0, missing: 1, fine: 2 } as const;
const tones = { broken: 'severe', missing: 'notable', fine: 'calm' } as const;

export function FindingsList({ findings }: { findings: readonly Finding[] }) {
  const text = useText(machinesText);
  const findingTitle = useFindingTitle();
  const wrong = findings.filter(({ severity }) => severity !== 'fine');
  if (wrong.length === 0) return <StateMark tone="calm" label={text('findingsNone')} />;
  return (
    <Stack gap="md">
      {wrong
        .toSorted((a, b) => rank[a.severity] - rank[b.severity])
        .map((finding) => (
          <Stack key={finding.id} gap={6}>
            <Text
              size="sm"
              component="div"
              style={{ display: 'flex', gap: '0.1rem 0.75rem', flexWrap: 'wrap' }}
            >
              <StateMark tone={tones[finding.severity]} label={text(finding.severity)} />
              <span>{findingTitle(finding)}</span>
            </Text>
            {finding.remedy &&
              (isCommand(finding.remedy) ? (
                <CommandLine command={finding.remedy} label={findingTitle(finding)} />
              ) : (
                <Text size="sm" c="dimmed">
                  {finding.remedy}
                </Text>
              ))}
          </Stack>
        ))}
    </Stack>
  );
}
