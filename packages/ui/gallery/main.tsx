import { Group, SegmentedControl, Stack, Title } from '@mantine/core';
import { StrictMode, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { TimeChart } from '../charts/time-chart.tsx';
import type { Coloring } from '../grid/cell-colors.ts';
import type { GridIncident } from '../grid/draw-incidents.ts';
import { Grid } from '../grid/grid.tsx';
import type { TileOrder } from '../grid/tile-order.ts';
import type { Language } from '../language/catalogue.ts';
import { LanguageProvider } from '../language/language.tsx';
import { Mark } from '../mark/mark.tsx';
import { MinuteStrip } from '../minute-strip/minute-strip.tsx';
import { Ring } from '../ring/ring.tsx';
import type { SampleSource } from '../samples/sample-source.ts';
import { MailleTheme } from '../theme/maille-theme.tsx';
import type { Scheme } from '../theme/tokens.ts';
import { TimeProvider } from '../time/time.tsx';
import { TimeBar } from '../time/time-bar.tsx';
import { dayOfMinutes, rawSeries, stripOf } from './simulated-history.ts';
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

const gridHeight = search.get('grid-height') ?? '420px';

function Histories() {
  const data = useMemo(() => {
    const toMs = Date.now();
    const prefixes = Array.from({ length: 20 }, (_, i) => `198.18.${i}.0/24`);
    return {
      toMs,
      hour: [rawSeries(1_300, 1, toMs)],
      day: [dayOfMinutes(3_700, 1, toMs)],
      agents: [dayOfMinutes(3_700, 1, toMs), dayOfMinutes(3_700, 2, toMs)],
      strip: stripOf(prefixes, toMs, 180),
    };
  }, []);
  const stripEndMs = Math.floor(data.toMs / 60_000) * 60_000;
  const charts = [
    ['each echo of an hour', 'rtt', data.hour, 3_600_000],
    ['a day by the minute', 'rtt', data.day, 86_400_000],
    ['loss of the day', 'loss', data.day, 86_400_000],
    ['two agents', 'rtt', data.agents, 86_400_000],
  ] as const;
  return (
    <>
      <Title order={2}>Minute strip</Title>
      <MinuteStrip
        data={data.strip}
        fromMs={stripEndMs - 180 * 60_000}
        toMs={stripEndMs}
        shown={{ fromMs: stripEndMs - 50 * 60_000, toMs: stripEndMs - 42 * 60_000 }}
        onSelect={(from, to) => console.log('window', from, to)}
        of="prefix"
        onStand={(atMs) => console.log('stand', atMs)}
        onOpen={(prefix) => console.log('prefix', prefix)}
      />
      <Title order={2}>Charts</Title>
      {charts.map(([name, kind, series, spanMs]) => (
        <TimeChart
          key={name}
          kind={kind}
          name={name}
          lines={series.map((one, i) => ({
            series: one,
            name: `agent ${one.agentNumber}`,
            color: i,
            before: false,
          }))}
          marks={[
            {
              fromMs: data.toMs - 0.3 * spanMs,
              toMs: data.toMs - 0.22 * spanMs,
              look: 'severe',
              words: 'Loss: prefix 198.18.14.0/24',
            },
            ...[0.6, 0.599, 0.1].map((part) => ({
              look: 'route' as const,
              fromMs: data.toMs - part * spanMs,
              toMs: data.toMs - part * spanMs,
              words: 'Another route from hop 4',
            })),
          ]}
          fromMs={data.toMs - spanMs}
          toMs={data.toMs}
          intervalMs={1_000}
          height={kind === 'rtt' ? 240 : 110}
          onSelect={(from, to) => console.log('window', from, to)}
          onStand={(atMs) => console.log('stand', atMs)}
        />
      ))}
    </>
  );
}

const idsOfPrefix = (prefix: number) => Array.from({ length: 256 }, (_, i) => prefix * 256 + 1 + i);
const incidents: readonly GridIncident[] = [
  {
    id: 1,
    severity: 'notable',
    targetIds: new Set(idsOfPrefix(14)),
    words: 'Slower than usual: 198.18.14.0/24',
  },
  {
    id: 2,
    severity: 'severe',
    targetIds: new Set(idsOfPrefix(5).filter((_, i) => i % 16 > 3 && i < 96)),
    words: 'Loss: part of 198.18.5.0/24',
  },
];

function Gallery() {
  const [scheme, setScheme] = useState<Scheme>(search.get('scheme') === 'light' ? 'light' : 'dark');
  const [language, setLanguage] = useState<Language>((search.get('language') as Language | null) ?? 'en');
  const [time, setTime] = useState<string>();
  const [cellPx, setCellPx] = useState(Number(search.get('cell') ?? 6));
  const [order, setOrder] = useState<TileOrder>('address');
  const [coloring, setColoring] = useState<Coloring>(search.get('coloring') === 'rtt' ? 'rtt' : 'usual');
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
          <Stack p="md" gap="md">
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
                  data={['usual', 'rtt']}
                  value={coloring}
                  onChange={(v) => setColoring(v as Coloring)}
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
                <div style={{ display: 'flex', height: gridHeight }}>
                  <Grid
                    targets={targets}
                    source={simulated.source}
                    order={order}
                    coloring={coloring}
                    incidents={incidents}
                    cellPx={cellPx}
                    onCellPx={setCellPx}
                    onOpenTarget={(id) => console.log('target', id)}
                    onOpenPrefix={(prefix) => console.log('prefix', prefix)}
                  />
                </div>
                {withRings && <Histories />}
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
