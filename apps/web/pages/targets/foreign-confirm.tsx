/** Asks before addresses of others are probed: what they are, and one box that says that they may be. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { Alert, Checkbox, Stack, Text } from '@mantine/core';
import { targetsText } from './targets-text.ts';

/** Enough to see what was meant; the count says how many there are. */
const MAX_NAMED = 8;

interface ForeignConfirmProps {
  foreign: readonly string[];
  count: number;
  confirmed: boolean;
  onChange: (confirmed: boolean) => void;
}

export function ForeignConfirm({ foreign, count, confirmed, onChange }: ForeignConfirmProps) {
  const text = useText(targetsText);
  const format = useFormat();
  const named = foreign.slice(0, MAX_NAMED);
  const rest = count - named.length;
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<Icon name="warning" />}
      title={text('foreignTitle', { count })}
    >
      <Stack gap="sm">
        <Text size="sm" className="maille-mono" style={{ overflowWrap: 'anywhere' }}>
          {format.list(rest > 0 ? [...named, text('foreignMore', { count: rest })] : named)}
        </Text>
        <Text size="sm">{text('foreignHint')}</Text>
        <Checkbox
          label={text('foreignConfirm')}
          checked={confirmed}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      </Stack>
    </Alert>
  );
}
