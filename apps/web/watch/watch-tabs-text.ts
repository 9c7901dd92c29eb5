import { defineCatalogue } from '@maille/ui/language/catalogue';

export const watchTabsText = defineCatalogue({
  en: { views: 'Views of Watch', grid: 'Grid', routes: 'Routes', mesh: 'Mesh', load: 'Load experiment' },
  fr: {
    views: 'Vues de la surveillance',
    grid: 'Grille',
    routes: 'Routes',
    mesh: 'Maillage',
    load: 'Essai de charge',
  },
  ja: { views: '監視の表示', grid: 'グリッド', routes: '経路', mesh: 'メッシュ', load: '負荷実験' },
});
