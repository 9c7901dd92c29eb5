import { defineCatalogue } from '../language/catalogue.ts';

export const stripText = defineCatalogue({
  en: {
    title: 'Minute by minute, one row a prefix',
    titleAddresses: 'Minute by minute, one row an address',
    keys: 'Arrow keys choose a minute and a prefix, Shift extends, Enter shows that time.',
    noData: 'no data',
    loss: '{loss} lost of {sent}',
  },
  fr: {
    title: 'Minute par minute, une ligne par préfixe',
    titleAddresses: 'Minute par minute, une ligne par adresse',
    keys: 'Les flèches choisissent une minute et un préfixe, Maj étend, Entrée affiche ce moment.',
    noData: 'pas de données',
    loss: '{loss} perdus sur {sent}',
  },
  ja: {
    title: '1分ごと、1行1プレフィックス',
    titleAddresses: '1分ごと、1行1アドレス',
    keys: '矢印キーで分とプレフィックスを選び、Shift で延長、Enter でその時刻を表示。',
    noData: 'データなし',
    loss: '{sent} 件中 {loss} 損失',
  },
});
