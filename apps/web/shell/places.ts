/** The places of the left rail. Only what exists: an entry that leads nowhere teaches not to look. */
import type { IconName } from '@maille/ui/icon/icon.tsx';

export const places = [
  { to: '/', name: 'overview', icon: 'home', key: 'o' },
  { to: '/machines', name: 'machines', icon: 'machine', key: 'm' },
  { to: '/watch', name: 'watch', icon: 'grid', key: 'w' },
  { to: '/targets', name: 'targets', icon: 'target', key: 't' },
  { to: '/incidents', name: 'incidents', icon: 'warning', key: 'i' },
  { to: '/settings', name: 'settings', icon: 'settings', key: 's' },
] as const satisfies readonly { to: string; name: string; icon: IconName; key: string }[];
