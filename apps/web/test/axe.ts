/** axe in a page: what it calls serious or critical, in words; and the page's settled look. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

export const axeSource = (): string =>
  readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** What another colour scheme can change. */
const colorRules = ['color-contrast', 'link-in-text-block'];

export async function seriousViolations(page: Page, only: 'all' | 'colors' = 'all'): Promise<string[]> {
  const rules = only === 'colors' ? { runOnly: { type: 'rule', values: colorRules } } : {};
  const violations = (await page.evaluate(async (options) => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: unknown[] }> };
    };
    return (await axe.run({ resultTypes: ['violations'], ...options })).violations;
  }, rules)) as AxeViolation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map((node) => `${JSON.stringify(node.target)} ${node.failureSummary ?? ''}`)
          .join(' | ')}`,
    );
}

/** Two frames: the first applies the new scheme, the second is drawn with it. */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
