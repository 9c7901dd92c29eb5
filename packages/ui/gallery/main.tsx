import { Group, SegmentedControl, Stack, Title } from '@mantine/core';
import { StrictMode, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Grid } from '../grid/grid.tsx';
import type { TileOrder } from '../grid/tile-order.ts';
import type { Language } from '../language/catalogue.ts';
import { LanguageProvider } from '../language/language.tsx';
import { Mark } from '../mark/mark.tsx';
import { Ring } from '../ring/ring.tsx';
import type { SampleSource } from '../samples/sample-source.ts';
import { MailleTheme } from '../theme/maille-theme.tsx';
import type { Scheme } from '../theme/tokens.ts';
import { TimeProvider } from '../time/time.tsx';
import { TimeBar } from '../time/time-bar.tsx';
import { createSimulatedSource } from './simulated-source.ts';
import { createTargets } from './simulation.ts';

const search = new URLSearchParams(location.search);
const count = Number(search.get('targets') ?? 10_000);
const withRings = search.get('rings') !== 'no';

function Rings({ source }: { source: SampleSource }) {
  return (
    <Group>
      {[14, 20, 28, 40, 64, 96, 200].map((size) => (
        <Ring key={size} source={source} targetId={1_290} name="198.18.5.9" size={size} />
      ))}
      {[9, 40, 2_310, 3_700].map((id) => (
        <Ring key={id} source={source} targetId={id} name={`target ${id}`} size={120} />
      ))}
    </Group>
  );
}

function Gallery() {
  const [scheme, setScheme] = useState<Scheme>(search.get('scheme') === 'light' ? 'light' : 'dark');
  const [language, setLanguage] = useState<Language>((search.get('language') as Language | null) ?? 'en');
  const [time, setTime] = useState<string>();
  const [cellPx, setCellPx] = useState(Number(search.get('cell') ?? 6));
  const [order, setOrder] = useState<TileOrder>('address');
  const targets = useMemo(() => new Map(createTargets(count).map((target) => [target.id, target])), []);
  const [simulated, setSimulated] = useState<ReturnType<typeof createSimulatedSource>>();
  useEffect(() => {
    const made = createSimulatedSource([...targets.keys()]);
    setSimulated(made);
    return made.stop;
  }, [targets]);
  return (
    <MailleTheme scheme={scheme}>
      <LanguageProvider language={language}>
        <TimeProvider value={time} onChange={setTime}>
          <Stack p="md" gap="md" h="100vh">
            <Group justify="space-between">
              <Group gap="sm">
                <Mark size={28} />
                <Title order={1}>Maille</Title>
              </Group>
              <TimeBar />
              <Group gap="xs">
                <SegmentedControl
                  data={['address', 'severity']}
                  value={order}
                  onChange={(v) => setOrder(v as TileOrder)}
                />
                <SegmentedControl
                  data={['light', 'dark']}
                  value={scheme}
                  onChange={(v) => setScheme(v as Scheme)}
                />
                <SegmentedControl
                  data={['en', 'fr', 'ja']}
                  value={language}
                  onChange={(v) => setLanguage(v as Language)}
                />
              </Group>
            </Group>
            {simulated && (
              <>
                {withRings && <Rings source={simulated.source} />}
                <Grid
                  targets={targets}
                  source={simulated.source}
                  order={order}
                  cellPx={cellPx}
                  onCellPx={setCellPx}
                  onOpenTarget={(id) => console.log('target', id)}
                  onOpenPrefix={(prefix) => console.log('prefix', prefix)}
                />
              </>
            )}
          </Stack>
        </TimeProvider>
      </LanguageProvider>
    </MailleTheme>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Gallery />
  </StrictMode>,
);
