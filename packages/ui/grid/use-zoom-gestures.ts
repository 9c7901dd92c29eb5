/** Wheel and pinch change the size of the cells; the cell under the fingers stays where it is. */
import { type RefObject, useEffect, useMemo, useRef } from 'react';
import { hitTest, type Layout, placeOfCell } from './tiles.ts';
import { nearestZoom, zoomStep } from './zoom.ts';

export interface ZoomAnchor {
  restore(layout: Layout): void;
}

interface Anchor {
  prefix: string;
  cell: number;
  /** Where it was in the viewport. */
  x: number;
  y: number;
}

/** One notch of a mouse's wheel, or as much of a trackpad's movement. */
const WHEEL_STEP = 60;

export function useZoomGestures(
  scroller: RefObject<HTMLDivElement | null>,
  layout: Layout,
  cellPx: number,
  onCellPx: (cellPx: number) => void,
): ZoomAnchor {
  const current = useRef({ layout, cellPx, onCellPx });
  current.current = { layout, cellPx, onCellPx };
  const anchor = useRef<Anchor | undefined>(undefined);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;

    const zoomAt = (clientX: number, clientY: number, next: number) => {
      const { layout: now, cellPx: before, onCellPx: change } = current.current;
      if (next === before) return false;
      const box = element.getBoundingClientRect();
      const x = clientX - box.left;
      const y = clientY - box.top;
      const hit = hitTest(now, x + element.scrollLeft, y + element.scrollTop);
      const placed = hit && now.placed[hit.tileIndex];
      anchor.current = placed && {
        prefix: placed.tile.prefix,
        cell: hit.kind === 'cell' ? hit.cell : 0,
        x,
        y,
      };
      change(next);
      return true;
    };

    let turned = 0;
    const wheel = (event: WheelEvent) => {
      if (event.shiftKey || event.deltaY === 0) return;
      turned += event.ctrlKey ? event.deltaY * 4 : event.deltaY;
      if (Math.abs(turned) < WHEEL_STEP) {
        event.preventDefault();
        return;
      }
      const direction = turned < 0 ? 1 : -1;
      turned = 0;
      const next = zoomStep(current.current.cellPx, direction);
      // At the ends of the scale the wheel scrolls again, so that nobody is caught here.
      if (zoomAt(event.clientX, event.clientY, next) || event.ctrlKey) event.preventDefault();
    };

    let pinch: { distance: number; cellPx: number } | undefined;
    const spread = (touches: TouchList) => {
      const [a, b] = [touches[0] as Touch, touches[1] as Touch];
      return {
        distance: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
        x: (a.clientX + b.clientX) / 2,
        y: (a.clientY + b.clientY) / 2,
      };
    };
    const touchStart = (event: TouchEvent) => {
      pinch =
        event.touches.length === 2
          ? { distance: spread(event.touches).distance, cellPx: current.current.cellPx }
          : undefined;
    };
    const touchMove = (event: TouchEvent) => {
      if (!pinch || event.touches.length !== 2) return;
      event.preventDefault();
      const { distance, x, y } = spread(event.touches);
      zoomAt(x, y, nearestZoom((pinch.cellPx * distance) / pinch.distance));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('touchstart', touchStart, { passive: true });
    element.addEventListener('touchmove', touchMove, { passive: false });
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('touchstart', touchStart);
      element.removeEventListener('touchmove', touchMove);
    };
  }, [scroller]);

  return useMemo(
    () => ({
      restore(next) {
        const kept = anchor.current;
        const element = scroller.current;
        anchor.current = undefined;
        if (!kept || !element) return;
        const tileIndex = next.placed.findIndex(({ tile }) => tile.prefix === kept.prefix);
        const place = placeOfCell(next, { tileIndex, cell: kept.cell });
        if (!place) return;
        element.scrollTop = place.y + next.cellPx / 2 - kept.y;
        element.scrollLeft = place.x + next.cellPx / 2 - kept.x;
      },
    }),
    [scroller],
  );
}
