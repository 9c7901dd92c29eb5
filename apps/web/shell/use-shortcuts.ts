/** Keys that work on every page. A page adds its own with `usePageKeys`; none fires while somebody types. */
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { places } from './places.ts';

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button|range)$/.test(target.type))
  );
}

const isOverlaid = () => document.querySelector('[role="dialog"],[role="menu"]') !== null;

export function useShortcuts(handlers: {
  onSearch: () => void;
  onHelp: () => void;
  onToggleRail: () => void;
}): void {
  const router = useRouter();
  const current = useRef(handlers);
  current.current = handlers;
  useEffect(() => {
    let waitingForPlace = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        current.current.onSearch();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOverlaid()) return;
      if (waitingForPlace) {
        waitingForPlace = false;
        clearTimeout(timer);
        const place = places.find(({ key }) => key === event.key);
        if (!place) return;
        event.preventDefault();
        event.stopImmediatePropagation(); // `g` `t` is a place, and no page's own `t`
        void router.navigate({ to: place.to });
      } else if (event.key === 'g') {
        waitingForPlace = true;
        timer = setTimeout(() => {
          waitingForPlace = false;
        }, 1_500);
      } else if (event.key === '/') {
        event.preventDefault();
        current.current.onSearch();
      } else if (event.key === '?') current.current.onHelp();
      else if (event.key === '\\') current.current.onToggleRail();
    };
    // Capturing: before any page's own keys.
    window.addEventListener('keydown', onKey, true);
    return () => {
      window.removeEventListener('keydown', onKey, true);
      clearTimeout(timer);
    };
  }, [router]);
}

/** Keys of one page, by `event.key`. */
export function usePageKeys(keys: Record<string, () => void>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOverlaid()) return;
      const run = current.current[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
