/** Forgetting cannot be undone: the one place where a name must be typed. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Machine } from '@maille/wire/rest/machines';
import { appText } from '../../app/app-text.ts';
import { TypedConfirm } from '../../parts/typed-confirm.tsx';
import { machineName, useMachineActions } from './machine-actions.ts';
import { machinesText } from './machines-text.ts';

interface DialogProps {
  machine: Machine;
  opened: boolean;
  onClose: () => void;
  onForgotten: () => void;
}

export function ForgetDialog({ machine, opened, onClose, onForgotten }: DialogProps) {
  const text = useText(machinesText);
  const app = useText(appText);
  const { forget } = useMachineActions();
  const name = machineName(machine);
  return (
    <TypedConfirm
      opened={opened}
      onClose={onClose}
      title={text('forgetTitle', { name })}
      warning={text('forgetWarning')}
      label={app('typeName', { name })}
      name={name}
      action={text('forget').replace(/…$/, '')}
      onConfirm={() => {
        onClose();
        void forget(machine).then((done) => done && onForgotten());
      }}
    />
  );
}
