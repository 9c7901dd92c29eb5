/** A state as shape, colour and word together: none of them alone. */
import classes from './state-mark.module.css';

export type StateTone = 'calm' | 'notable' | 'severe' | 'off' | 'loss';

const shapes: Record<StateTone, string> = {
  calm: 'M8 8m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0',
  notable: 'M8 2.500 14 13.500H2z',
  severe: 'M3 3h10v10H3z',
  loss: 'M8 2 14 8 8 14 2 8z',
  off: 'M8 8m-4.300 0a4.300 4.300 0 1 0 8.600 0a4.300 4.300 0 1 0 -8.600 0',
};

export function StateMark({ tone, label, title }: { tone: StateTone; label: string; title?: string }) {
  return (
    <span className={classes.mark} title={title}>
      <svg aria-hidden="true" width="10" height="10" viewBox="0 0 16 16" className={classes[tone]}>
        <path d={shapes[tone]} />
      </svg>
      {label}
    </span>
  );
}
