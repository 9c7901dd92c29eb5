/** The mark: rings of mail, each through its neighbours. Drawn, so that it takes the colours of the page. */
import { useTokens } from '../theme/maille-theme.tsx';

export function Mark({ size = 24 }: { size?: number }) {
  const { logoUrl, name } = useTokens();
  if (logoUrl !== undefined)
    return <img src={logoUrl} alt={name} height={size} style={{ display: 'block' }} />;
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      style={{ flex: 'none' }}
    >
      <g stroke="var(--maille-text)" strokeWidth="2.6" strokeLinecap="round">
        <circle cx="10" cy="11" r="6.6" opacity="0.92" />
        <circle cx="22" cy="11" r="6.6" opacity="0.92" />
      </g>
      {/* The lower ring passes over the left one and under the right one. */}
      <circle cx="16" cy="21.4" r="6.6" stroke="var(--maille-accent)" strokeWidth="2.6" />
      <path
        d="M13.4 16.7A6.6 6.6 0 0 0 16.6 11"
        stroke="var(--maille-text)"
        strokeWidth="2.6"
        strokeLinecap="butt"
      />
      <path
        d="M22 17.6A6.6 6.6 0 0 1 15.9 13.5"
        stroke="var(--maille-text)"
        strokeWidth="2.6"
        strokeLinecap="butt"
      />
    </svg>
  );
}
