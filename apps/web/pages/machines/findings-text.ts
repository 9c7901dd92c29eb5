/** Findings come from the machine in English, with an id: here they are in the reader's language where it is another. */
import { defineCatalogue } from '@maille/ui/language/catalogue';
import type { Text } from '@maille/ui/language/language.tsx';
import type { Finding } from '@maille/wire/link/messages';

export const findingsText = defineCatalogue({
  en: {
    kernel: '{title}',
    node: '{title}',
    'raw-sockets-missing': '{title}',
    'raw-sockets-broken': '{title}',
    capture: '{title}',
    services: '{title}',
    ipv6: '{title}',
    'user-maille': '{title}',
    clock: '{title}',
    'open-files': '{title}',
    disk: '{title}',
    other: '{title}',
  },
  fr: {
    kernel: 'Le noyau est trop ancien pour Maille ({title})',
    node: 'Cette version de Node ne convient pas ({title})',
    'raw-sockets-missing':
      'Les échos passent par des sockets sans privilège : cela fonctionne, mais les sockets bruts en disent plus sur les échecs',
    'raw-sockets-broken': 'Cette machine ne peut pas sonder : ni sockets bruts, ni ping_group_range',
    capture: 'La capture de paquets n’est pas possible',
    services: 'Les services ne peuvent pas être pilotés',
    ipv6: 'IPv6 est désactivé : cibles et pairs IPv6 sont hors d’atteinte',
    'user-maille': 'L’utilisateur maille, sous lequel tourner, n’existe pas',
    clock: 'Rien ne synchronise l’horloge : les heures des machines ne concorderont pas',
    'open-files': 'Trop peu de fichiers ouverts sont permis pour un serveur chargé',
    disk: 'Peu de place pour les mesures ({title})',
    other: '{title}',
  },
  ja: {
    kernel: 'カーネルが古すぎます({title})',
    node: 'この Node では動作しません({title})',
    'raw-sockets-missing':
      'エコーは非特権ソケットで送信中です。動作はしますが、raw ソケットなら失敗の原因がより詳しく分かります',
    'raw-sockets-broken':
      'このマシンでは測定できません。raw ソケットの権限がなく、ping_group_range も許可されていません',
    capture: 'パケットをキャプチャできません',
    services: 'サービスの監視や操作ができません',
    ipv6: 'IPv6 が無効です。IPv6 のターゲットやピアに到達できません',
    'user-maille': '実行用のユーザー maille がありません',
    clock: '時計が同期されていません。マシン間で時刻がずれます',
    'open-files': '開けるファイル数の上限が、負荷の高いサーバーには不足しています',
    disk: '測定値を保存する空き容量が少なくなっています({title})',
    other: '{title}',
  },
});

type Words = Text<(typeof findingsText)['en']>;

export function findingTitle(text: Words, finding: Finding): string {
  const known = findingsText.en as Record<string, string>;
  const candidates = [finding.id, `${finding.id}-${finding.severity}`];
  const key = candidates.find((candidate) => candidate in known) ?? 'other';
  return text(key as 'other', { title: finding.title });
}
