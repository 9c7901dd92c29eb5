/** Makes a part as high as what the window leaves under it: banners above it come and go. */
import { type RefObject, useLayoutEffect } from 'react';

const LEAST_PX = 440;

/** `leavePx`: for what stands under it. */
export function useRemainingHeight(
  frame: RefObject<HTMLElement | null>,
  enabled: boolean,
  leavePx = 0,
): void {
  useLayoutEffect(() => {
    const element = frame.current;
    const around = element?.parentElement;
    if (!element || !around) return;
    if (!enabled) {
      element.style.height = 'auto';
      return;
    }
    const place = () => {
      const top = element.getBoundingClientRect().top + window.scrollY;
      const below = Number.parseFloat(getComputedStyle(around).paddingBottom) || 0;
      // On a phone a bar lies over the foot of the page.
      const bar = matchMedia('(max-width: 48em)').matches ? 56 : 0;
      const replay = document.querySelector<HTMLElement>('[data-replay-foot]')?.offsetHeight ?? 0;
      const height = `${Math.max(LEAST_PX, Math.floor(window.innerHeight - top - below - bar - replay - leavePx))}px`;
      if (element.style.height !== height) element.style.height = height;
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(around);
    window.addEventListener('resize', place);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', place);
    };
  }, [frame, enabled, leavePx]);
}
