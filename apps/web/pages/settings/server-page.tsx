/** Settings of the installation, who the server is, backup and restore, and what its machine lacks. */
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { getDoctor, getSettings } from '@maille/wire/rest/operations';
import { Button, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { appText } from '../../app/app-text.ts';
import { CommandLine } from '../../app/command-line.tsx';
import { ProblemAlert } from '../../app/problem-text.tsx';
import { useMay } from '../../app/session.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Section } from '../../parts/section.tsx';
import { downloadBlob } from '../../table/download-file.ts';
import { FindingsList } from '../machines/findings-list.tsx';
import { BackupSection } from './backup-section.tsx';
import { CoreSettings } from './core-settings.tsx';
import { RestoreSection } from './restore-section.tsx';
import { settingsText } from './settings-text.ts';

export const settingsKey = ['settings'];

export function ServerPage() {
  const text = useText(settingsText);
  const app = useText(appText);
  const call = useCall();
  const mayAdminister = useMay('admin');
  const { data, error } = useQuery({
    queryKey: settingsKey,
    queryFn: ({ signal }) => call(getSettings, { signal }),
  });
  const doctor = useQuery({ queryKey: ['doctor'], queryFn: ({ signal }) => call(getDoctor, { signal }) });
  return (
    <>
      <PageHead title={text('server')} lede={text('serverLede')} />
      {error && <ProblemAlert error={error} />}
      {!data && !error && <Loader aria-label={app('loading')} />}
      {data && (
        <Stack gap="lg">
          <CoreSettings saved={data.settings} />
          <Section title={text('identity')} lede={text('identityLede')}>
            <Stack gap="md">
              <Stack gap={4}>
                <Text size="sm">{text('serverId')}</Text>
                <CommandLine command={data.serverId} label={text('serverId')} />
              </Stack>
              <Stack gap={4}>
                <Text size="sm">{text('certificate')}</Text>
                <CommandLine command={data.certificateFingerprint} label={text('certificate')} />
              </Stack>
              <Button
                variant="default"
                leftSection={<Icon name="download" />}
                style={{ alignSelf: 'flex-start' }}
                onClick={() =>
                  downloadBlob(
                    'maille-ca.pem',
                    new Blob([data.caCertificatePem], { type: 'application/x-pem-file' }),
                  )
                }
              >
                {text('downloadCa')}
              </Button>
            </Stack>
          </Section>
          <Section title={text('doctor')} lede={text('doctorLede')}>
            {doctor.data ? (
              <FindingsList findings={doctor.data.server} />
            ) : doctor.error ? (
              <ProblemAlert error={doctor.error} />
            ) : (
              <Loader aria-label={app('loading')} />
            )}
          </Section>
          {mayAdminister && <BackupSection />}
          {mayAdminister && <RestoreSection />}
        </Stack>
      )}
    </>
  );
}
