/**
 * Space runs and stops, arrows step (with Shift by a minute), [ and ] go from incident to incident. None
 * fires where a key means something else: in a field, on a control, in what draws its own cursor. Arrows
 * step only once time is stopped or replayed; while live they are the page's.
 */
import { useEffect, useRef } from 'react';
import type { TimePosition } from './time-position.ts';

export interface ReplayActions {
  toggle(): void;
  step(byMs: number): void;
  incident(direction: -1 | 1): void;
}

const controls =
  'input, textarea, select, button, a, summary, [role="slider"], [role="application"], [role="menu"], [role="dialog"], [contenteditable="true"]';

export function useReplayKeys(mode: TimePosition['mode'], actions: ReplayActions): void {
  const current = useRef({ mode, actions });
  current.current = { mode, actions };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { mode: now, actions: act } = current.current;
      // AltGr makes the brackets of many keyboards, and is no Alt.
      const altGr = event.getModifierState('AltGraph');
      if (event.defaultPrevented || ((event.ctrlKey || event.metaKey || event.altKey) && !altGr)) return;
      if (document.querySelector('[role="dialog"],[role="menu"]')) return;
      const bracket = event.key === '[' || event.key === ']';
      const within = event.target instanceof Element ? event.target.closest(controls) : null;
      // Brackets mean nothing to buttons and drawings.
      if (within && !(bracket && !within.matches('input, textarea, select, [contenteditable="true"]')))
        return;
      const byMs = event.shiftKey ? 60_000 : 1_000;
      if (event.key === ' ') act.toggle();
      else if (event.key === 'ArrowLeft' && now === 'replay') act.step(-byMs);
      else if (event.key === 'ArrowRight' && now === 'replay') act.step(byMs);
      else if (bracket) act.incident(event.key === '[' ? -1 : 1);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
