/**
 * Line icons on a 16 px field, in the colour of the text beside them. Decoration only: the control that
 * holds one carries the words (`aria-label` or text).
 */
const paths = {
  home: 'M2.5 7.5 8 3l5.5 4.5V13a.5.5 0 0 1-.5.5H9.8V10H6.2v3.5H3a.5.5 0 0 1-.5-.5z',
  machine: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01M8 5h3M8 11h3',
  target: 'M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M12.5 8a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0z',
  grid: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z',
  people:
    'M8 5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM1.5 13.5c0-2.5 1.8-4 4-4s4 1.5 4 4M10.5 2.8a2.4 2.4 0 0 1 0 4.5M11.5 9.8c1.8.4 3 1.8 3 3.7',
  person: 'M10.5 5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM3 13.5c0-2.5 2.2-4 5-4s5 1.5 5 4',
  key: 'M9 7a3 3 0 1 0-1.2 1.2L13 13.5h1.5V12l-1.5-.2V10l-1.8-.2zM5.5 5.5h.01',
  audit: 'M4 1.5h6l2.5 2.5v10.5H4zM6.5 7h4M6.5 9.5h4M6.5 12h2.5',
  settings:
    'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M12 4.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM8 11.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  search: 'M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.5 10.5l3.5 3.5',
  clock: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM8 4.5V8l2.5 1.5',
  calendar: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
  incidentBack: 'M3.5 3v10M12.5 3.5 6.5 8l6 4.5z',
  incidentOn: 'M12.5 3v10M3.5 3.5l6 4.5-6 4.5z',
  minuteBack: 'M8 3.5 3.5 8 8 12.5M12.5 3.5 8 8l4.5 4.5',
  minuteOn: 'M8 3.5 12.5 8 8 12.5M3.5 3.5 8 8l-4.5 4.5',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  right: 'M6 3.5 10.5 8 6 12.5',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  warning: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.5h.01',
  info: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM8 7.5V11M8 5h.01',
  sun: 'M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  language:
    'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM2 8h12M8 2c2 2 2.5 4 2.5 6S10 12 8 14c-2-2-2.5-4-2.5-6S6 4 8 2z',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3',
  filter: 'M2 3h12l-4.5 5.5V13l-3-1.5v-3z',
  table: 'M2 3h12v10H2zM2 6.5h12M2 9.8h12M6.5 3v10',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  link: 'M6.5 9.5l3-3M7 4.5 8.5 3a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5',
  terminal: 'M2 3h12v10H2zM4.5 6 7 8l-2.5 2M8.5 10.5h3',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9',
  pencil: 'M10.5 3l2.5 2.5-7.5 7.5H3v-2.5z',
  signOut: 'M9.5 2.5h4v11h-4M9.5 8h-7M5.5 5 2.5 8l3 3',
  external: 'M9.5 2.5h4v4M13.5 2.5 7.5 8.5M11.5 9.5v4h-9v-9h4',
  refresh: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V5H10',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
