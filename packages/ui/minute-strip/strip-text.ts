import { defineCatalogue } from '../language/catalogue.ts';

export const stripText = defineCatalogue({
  en: {
    title: 'Minute by minute, one row a prefix',
    keys: 'Arrow keys choose a minute and a prefix, Shift extends, Enter shows that time.',
    noData: 'no data',
    loss: '{loss} lost of {sent}',
    names: 'Names',
  },
  fr: {
    title: 'Minute par minute, une ligne par préfixe',
    keys: 'Les flèches choisissent une minute et un préfixe, Maj étend, Entrée affiche ce moment.',
    noData: 'pas de données',
    loss: '{loss} perdus sur {sent}',
    names: 'Noms',
  },
  ja: {
    title: '1分ごと、1行1プレフィックス',
    keys: '矢印キーで分とプレフィックスを選び、Shift で延長、Enter でその時刻を表示。',
    noData: 'データなし',
    loss: '{sent} 件中 {loss} 損失',
    names: '名前',
  },
});
