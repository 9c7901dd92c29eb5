/** uPlot listens to a mouse only; a finger that moves sideways carries the crosshair, up and down scrolls. */
import type uPlot from 'uplot';

export function addTouch(plot: uPlot): () => void {
  const { over } = plot;
  over.style.touchAction = 'pan-y';
  const move = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') return;
    const box = over.getBoundingClientRect();
    plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
  };
  over.addEventListener('pointerdown', move);
  over.addEventListener('pointermove', move);
  return () => {
    over.removeEventListener('pointerdown', move);
    over.removeEventListener('pointermove', move);
  };
}
