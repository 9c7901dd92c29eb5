import { defineCatalogue } from '../language/catalogue.ts';

export const ringText = defineCatalogue({
  en: {
    title: 'The last minute of {name}',
    summary: {
      one: '{name}: {rtt} now; {count} of {sent} lost within the minute',
      other: '{name}: {rtt} now; {count} of {sent} lost within the minute',
    },
    silent: {
      one: '{name}: no answer now; {count} of {sent} lost within the minute',
      other: '{name}: no answer now; {count} of {sent} lost within the minute',
    },
    refusing: {
      one: '{name}: refuses connections now; {count} of {sent} lost within the minute',
      other: '{name}: refuses connections now; {count} of {sent} lost within the minute',
    },
    notSent: 'not sent',
    notSentBecause: '{name}: not sent: {reason}',
    noData: '{name}: no data within the minute',
    second: 'Time',
    rtt: 'RTT',
  },
  fr: {
    title: 'La dernière minute de {name}',
    summary: {
      one: '{name} : {rtt} à présent ; {count} perdu sur {sent} dans la minute',
      other: '{name} : {rtt} à présent ; {count} perdus sur {sent} dans la minute',
    },
    silent: {
      one: '{name} : pas de réponse à présent ; {count} perdu sur {sent} dans la minute',
      other: '{name} : pas de réponse à présent ; {count} perdus sur {sent} dans la minute',
    },
    refusing: {
      one: '{name} : refuse les connexions ; {count} perdu sur {sent} dans la minute',
      other: '{name} : refuse les connexions ; {count} perdus sur {sent} dans la minute',
    },
    notSent: 'non envoyé',
    notSentBecause: '{name} : non envoyé : {reason}',
    noData: '{name} : pas de données dans la minute',
    second: 'Heure',
    rtt: 'RTT',
  },
  ja: {
    title: '{name} の直近1分',
    summary: { other: '{name}: 現在 {rtt}、1分間に {sent} 件中 {count} 件損失' },
    silent: { other: '{name}: 現在応答なし、1分間に {sent} 件中 {count} 件損失' },
    refusing: { other: '{name}: 接続を拒否、1分間に {sent} 件中 {count} 件損失' },
    notSent: '未送信',
    notSentBecause: '{name}: 未送信: {reason}',
    noData: '{name}: 1分間データなし',
    second: '時刻',
    rtt: 'RTT',
  },
});
