/** What a series engine brings to its compliance checks, and what a check is. */
import type { SeriesStore } from './series-store.ts';

export interface SeriesUnderTest {
  /** Opens, or opens again after a stop. */
  open(): Promise<SeriesStore>;
  /** Lets time pass until the engine has put away what it was given, hours included. */
  settle(store: SeriesStore): Promise<void>;
  /** Lets days pass, until the engine has put away whole days in the way that they stay. */
  closeDays(store: SeriesStore): Promise<void>;
  wallMs(): number;
  /** An empty folder for `copyTo`, and what opens it. */
  copyFolder: string;
  openCopy(): Promise<SeriesStore>;
  remove(): Promise<void>;
}

/** `fill` puts samples in; `body` looks at them, once for each place that an engine may have put them to. */
export type Check = (
  name: string,
  fill: (store: SeriesStore, under: SeriesUnderTest) => void,
  body: (store: SeriesStore, under: SeriesUnderTest) => Promise<void>,
) => void;
