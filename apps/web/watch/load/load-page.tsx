/** Watch, Load experiment: a new one, the one that is looked at, and those that were. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Experiment } from '@maille/wire/rest/experiments';
import { Loader, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { WatchTabs } from '../watch-tabs.tsx';
import { ExperimentHistory } from './experiment-history.tsx';
import { ExperimentView } from './experiment-view.tsx';
import classes from './load.module.css';
import { LoadForm, type LoadSettings } from './load-form.tsx';
import { loadText } from './load-text.ts';
import { useExperiment, useExperimentList } from './use-experiments.ts';

export function LoadPage() {
  const text = useText(loadText);
  const may = useMay('operator');
  return (
    <>
      <WatchTabs />
      <PageHead title={text('title')} lede={text('lede')} />
      {may ? <LoadParts /> : <Text>{text('onlyOperators')}</Text>}
    </>
  );
}

function LoadParts() {
  const navigate = useNavigate();
  const text = useText(loadText);
  const { run } = useSearch({ strict: false }) as { run?: string };
  const { experiments, error: listError } = useExperimentList();
  const [settings, setSettings] = useState<LoadSettings>();
  // What runs is what matters: it is shown whether somebody asked for it or not.
  const running = experiments.find(({ end }) => end === undefined);
  const asked = Number(run);
  const id = asked > 0 ? asked : run === undefined ? running?.id : undefined;
  const { data, error } = useExperiment(id);
  const show = (next: string | undefined) =>
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, run: next })) as never,
      replace: true,
    });
  const again = ({ machineId, plan }: Experiment) => {
    setSettings({ machineId, plan });
    show('new');
    window.scrollTo({ top: 0 });
  };
  const problem = listError ?? error;
  return (
    <div className={classes.page}>
      {problem && <ProblemAlert error={problem} />}
      {id === undefined ? (
        <LoadForm
          key={JSON.stringify(settings)}
          initial={settings}
          onStarted={(experiment) => show(String(experiment.id))}
        />
      ) : data ? (
        <ExperimentView detail={data} onBack={() => show('new')} />
      ) : (
        !error && <Loader aria-label={text('title')} />
      )}
      <ExperimentHistory experiments={experiments} onAgain={again} />
    </div>
  );
}
