/** Findings come from the machine in English, with an id: here they are in the reader's language where it is another. */
import { defineCatalogue } from '@maille/ui/language/catalogue';

export const findingsText = defineCatalogue({
  en: {
    kernel: 'The kernel is too old for Maille ({title})',
    node: 'This version of Node does not do ({title})',
    'raw-sockets-missing': 'Echoes go through unprivileged sockets: they work, but raw sockets tell more',
    'raw-sockets-broken': 'This machine cannot ping: no raw sockets, and no ping_group_range',
    capture: 'Packets cannot be captured',
    services: 'Services cannot be watched or acted on',
    ipv6: 'IPv6 is switched off: IPv6 targets and peers cannot be reached',
    'user-maille': 'There is no user maille to run as',
    clock: 'Nothing synchronises the clock: times of machines will not agree',
    'open-files': 'Too few open files are allowed for a busy server',
    disk: 'Little room for samples ({title})',
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
