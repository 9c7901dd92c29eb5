import { defineCatalogue } from '../language/catalogue.ts';

export const ringText = defineCatalogue({
  en: {
    title: 'The last minute of {name}',
    summary: '{name}: {rtt} now; {lost} of {sent} lost within the minute',
    silent: '{name}: no answer now; {lost} of {sent} lost within the minute',
    noData: '{name}: no data within the minute',
    second: 'Time',
    rtt: 'RTT',
  },
  fr: {
    title: 'La dernière minute de {name}',
    summary: '{name} : {rtt} à présent ; {lost} perdus sur {sent} dans la minute',
    silent: '{name} : pas de réponse à présent ; {lost} perdus sur {sent} dans la minute',
    noData: '{name} : pas de données dans la minute',
    second: 'Heure',
    rtt: 'RTT',
  },
  ja: {
    title: '{name} の直近1分',
    summary: '{name}: 現在 {rtt}、1分間に {sent} 件中 {lost} 件損失',
    silent: '{name}: 現在応答なし、1分間に {sent} 件中 {lost} 件損失',
    noData: '{name}: 1分間データなし',
    second: '時刻',
    rtt: 'RTT',
  },
});
