/* Runs before anything is painted, so that a dark page never flashes white. A file of its own: the policy allows no inline script. */
{
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // forbidden here: then it is the system's theme, and English
    }
  };
  const theme = stored('maille.theme');
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  document.documentElement.lang = stored('maille.language') ?? 'en';
}
