/** Why a probe could not be sent, in words: the errno that the machine's own kernel gave. */
import { defineCatalogue } from '../language/catalogue.ts';
import type { Text } from '../language/language.tsx';

export const sendErrorText = defineCatalogue({
  en: {
    sendForbidden: 'its own firewall forbids it',
    sendProhibited: 'its routing table prohibits it',
    sendNoInterface: 'the network interface is not there',
    sendInvalid: 'its routing table discards it, or the address cannot be sent to',
    sendNoSockets: 'too many connections are open there',
    sendNoFamily: 'this kind of address is switched off there',
    sendNoSource: 'it has no address, or no free port, to send from',
    sendInterfaceDown: 'the network interface is down',
    sendNoRoute: 'it has no route there',
    sendNoRoom: 'its send queue is full',
    sendNoHost: 'its neighbour on the way does not answer, or the route is blocked',
    sendOther: 'error {errno} of its system',
  },
  fr: {
    sendForbidden: 'son propre pare-feu l’interdit',
    sendProhibited: 'sa table de routage l’interdit',
    sendNoInterface: 'l’interface réseau est absente',
    sendInvalid: 'sa table de routage l’écarte, ou l’adresse n’admet pas d’envoi',
    sendNoSockets: 'trop de connexions y sont ouvertes',
    sendNoFamily: 'ce type d’adresse y est désactivé',
    sendNoSource: 'il lui manque une adresse ou un port libre pour envoyer',
    sendInterfaceDown: 'l’interface réseau est arrêtée',
    sendNoRoute: 'elle n’a pas de route vers là',
    sendNoRoom: 'sa file d’envoi est pleine',
    sendNoHost: 'son voisin sur le chemin ne répond pas, ou la route est bloquée',
    sendOther: 'erreur {errno} de son système',
  },
  ja: {
    sendForbidden: '自身のファイアウォールが禁止',
    sendProhibited: '経路表で禁止',
    sendNoInterface: 'ネットワークインターフェースがない',
    sendInvalid: '経路表で破棄、または送信できないアドレス',
    sendNoSockets: '開いている接続が多すぎる',
    sendNoFamily: 'この種類のアドレスが無効',
    sendNoSource: '送信元のアドレスまたは空きポートがない',
    sendInterfaceDown: 'ネットワークインターフェースが停止',
    sendNoRoute: '経路がない',
    sendNoRoom: '送信キューが満杯',
    sendNoHost: '途中の隣接機器が応答しない、または経路が遮断',
    sendOther: 'システムエラー {errno}',
  },
});

const names: Readonly<Record<number, Exclude<keyof (typeof sendErrorText)['en'], 'sendOther'>>> = {
  1: 'sendForbidden', // EPERM
  13: 'sendProhibited', // EACCES
  19: 'sendNoInterface', // ENODEV
  22: 'sendInvalid', // EINVAL: a blackhole route gives it too
  24: 'sendNoSockets', // EMFILE
  97: 'sendNoFamily', // EAFNOSUPPORT
  99: 'sendNoSource', // EADDRNOTAVAIL
  100: 'sendInterfaceDown', // ENETDOWN
  101: 'sendNoRoute', // ENETUNREACH
  105: 'sendNoRoom', // ENOBUFS
  113: 'sendNoHost', // EHOSTUNREACH
};

export function sendErrorWords(errno: number, text: Text<(typeof sendErrorText)['en']>): string {
  const name = names[errno];
  return name ? text(name) : text('sendOther', { errno });
}
