/* Runs before anything is painted, so that a dark page never flashes white. A file of its own: the policy allows no inline script. */
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('maille.theme');
  } catch (_) {
    // Storage may be forbidden: then the system's theme it is.
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  try {
    var language = localStorage.getItem('maille.language');
    if (language) document.documentElement.lang = language;
  } catch (_) {}
})();
