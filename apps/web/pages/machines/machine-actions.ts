/** What can be done to a machine, from wherever it is shown: the page, the search, the Overview. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import {
  approveMachine,
  changeMachine,
  forgetMachine,
  type Machine,
  reauthenticateMachine,
  rejectMachine,
} from '@maille/wire/rest/machines';
import { useMemo } from 'react';
import { useAction } from '../../app/action.tsx';
import { machinesText } from './machines-text.ts';

export const machineName = (machine: Machine): string => machine.label || machine.facts.hostname;

export interface MachineActions {
  approve(machine: Machine): void;
  reject(machine: Machine): void;
  reauthenticate(machine: Machine): void;
  change(
    machine: Machine,
    change: { label?: string; tags?: string[]; meshAddress?: string },
  ): Promise<unknown>;
  forget(machine: Machine): Promise<unknown>;
}

export function useMachineActions(): MachineActions {
  const text = useText(machinesText);
  const call = useCall();
  const act = useAction();
  return useMemo(() => {
    const approve = (machine: Machine) => call(approveMachine, { params: { id: machine.id } });
    const reject = (machine: Machine) => call(rejectMachine, { params: { id: machine.id } });
    const reauthenticate = (machine: Machine) => call(reauthenticateMachine, { params: { id: machine.id } });
    const back = { pending: reauthenticate, approved: approve, rejected: reject, reauthenticate };
    return {
      approve(machine) {
        const name = machineName(machine);
        void act({
          doing: text('approving', { name }),
          run: () => approve(machine),
          done: () => text('approvedDone', { name }),
          undo: () => back[machine.state](machine),
        });
      },
      reject(machine) {
        const name = machineName(machine);
        void act({
          doing: text('rejecting', { name }),
          run: () => reject(machine),
          done: () => text('rejectedDone', { name }),
          undo: () => back[machine.state](machine),
        });
      },
      reauthenticate(machine) {
        const name = machineName(machine);
        void act({
          doing: text('asking', { name }),
          run: () => reauthenticate(machine),
          done: () => text('askedDone', { name }),
          undo: () => approve(machine),
        });
      },
      change: (machine, change) =>
        act({
          doing: text('changing', { name: machineName(machine) }),
          run: () => call(changeMachine, { params: { id: machine.id }, body: change }),
          done: () => text('changedDone', { name: change.label ?? machineName(machine) }),
          undo: () =>
            call(changeMachine, {
              params: { id: machine.id },
              body: { label: machine.label, tags: machine.tags, meshAddress: machine.meshAddress ?? '' },
            }),
        }),
      forget: (machine) =>
        act({
          doing: text('forgetting', { name: machineName(machine) }),
          run: async () => {
            await call(forgetMachine, { params: { id: machine.id } });
            return true;
          },
          done: () => text('forgotten', { name: machineName(machine) }),
        }),
    };
  }, [text, call, act]);
}
