/** Why a target shows no answer where that is known: a machine cannot send to it, or it says no. Machine by machine. */
import { useText } from '@maille/ui/language/language.tsx';
import { LEVEL_NOT_SENT, LEVEL_REFUSED } from '@maille/ui/samples/sample-level';
import type { SampleSource } from '@maille/ui/samples/sample-source';
import { emptySummary } from '@maille/ui/samples/sample-window';
import { sendErrorText, sendErrorWords } from '@maille/ui/samples/send-error-words';
import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { StateMark } from '../parts/state-mark.tsx';
import { useAgentName } from './use-watch.ts';
import { watchText } from './watch-text.ts';

interface Reason {
  agentNumber: number;
  refuses: boolean;
  errno: number;
}

function reasonsOf(source: SampleSource, targetId: number): Reason[] {
  const summary = emptySummary();
  return source.window.agents.flatMap((agentNumber): Reason[] => {
    source.window.summarize(source.window.indexOf(targetId), summary, agentNumber);
    const refuses = summary.level === LEVEL_REFUSED;
    return refuses || summary.level === LEVEL_NOT_SENT
      ? [{ agentNumber, refuses, errno: summary.errno }]
      : [];
  });
}

export function WhyNoAnswer({ source, targetId }: { source: SampleSource; targetId: number }) {
  const text = useText(watchText);
  const errorText = useText(sendErrorText);
  const nameOf = useAgentName();
  const [reasons, setReasons] = useState<Reason[]>([]);
  useEffect(() => {
    const update = () => {
      const next = reasonsOf(source, targetId);
      setReasons((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    update();
    return source.subscribe(update);
  }, [source, targetId]);
  return reasons.map(({ agentNumber, refuses, errno }) => {
    const machine = nameOf(agentNumber);
    const words = refuses
      ? text('refusesFrom', { machine })
      : text('cannotSend', { machine, reason: sendErrorWords(errno, errorText) });
    return (
      <Text key={agentNumber} size="sm" role="status">
        {/* A mark does not wrap, and these are sentences. */}
        <StateMark tone={refuses ? 'severe' : 'notable'} label="" /> {words}
      </Text>
    );
  });
}
