/** What to do on a machine that cannot send: a sentence, and the command that shows what is in the way. */
import { defineCatalogue } from '@maille/ui/language/catalogue';

export const unsentText = defineCatalogue({
  en: {
    route: 'Give that machine a route, or leave these targets to machines that have one. What it would take:',
    firewall: 'A rule of that machine’s own firewall turns these packets back. Its rules:',
    interface: 'An interface of that machine is missing, down or without an address. What it has:',
    family: 'IPv6 or IPv4 is switched off on that machine. What it has:',
    room: 'That machine is asked for more than it has room for: probe less often, or fewer targets.',
  },
  fr: {
    route:
      'Donnez une route à cette machine, ou laissez ces cibles à celles qui en ont une. Ce qu’elle prendrait :',
    firewall: 'Une règle du pare-feu de cette machine renvoie ces paquets. Ses règles :',
    interface: 'Une interface de cette machine manque, est arrêtée ou n’a pas d’adresse. Ce qu’elle a :',
    family: 'IPv6 ou IPv4 est désactivé sur cette machine. Ce qu’elle a :',
    room: 'Cette machine n’a pas la place d’envoyer autant : sondez moins souvent, ou moins de cibles.',
  },
  ja: {
    route: 'このマシンに経路を追加するか、経路のあるマシンに測定を任せてください。使われる経路:',
    firewall: 'このマシン自身のファイアウォールがパケットを拒否しています。ルール:',
    interface: 'このマシンのインターフェースがない、停止中、またはアドレスがありません。現状:',
    family: 'このマシンでは IPv6 または IPv4 が無効です。現状:',
    room: 'このマシンの送信能力を超えています。間隔を長くするか、ターゲットを減らしてください。',
  },
});

export interface UnsentRemedy {
  sentence: keyof (typeof unsentText)['en'];
  command?: string;
}

export function remedyOfUnsent(errno: number, host: string | undefined): UnsentRemedy | undefined {
  switch (errno) {
    case 1:
      return { sentence: 'firewall', command: 'nft list ruleset' };
    case 13:
    case 22:
    case 101:
    case 113:
      return { sentence: 'route', command: routeTo(host) };
    case 19:
    case 99:
    case 100:
      return { sentence: 'interface', command: 'ip address' };
    case 97:
      return { sentence: 'family', command: 'ip address' };
    case 24:
    case 105:
      return { sentence: 'room' };
    default:
      return undefined;
  }
}

/** Only an address can be asked about: a name may stand for another one there, and a zone is no part of a route. */
const routeTo = (host: string | undefined): string =>
  host !== undefined && /^[\d.]+$|^[\da-f:]+$/i.test(host) ? `ip route get ${host}` : 'ip route';
