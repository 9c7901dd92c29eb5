import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorRamp, contrastRatio, luminance, parseColor } from './color.ts';
import { defaultTokens, type Palette, withTokenChanges } from './tokens.ts';

const schemes = ['light', 'dark'] as const;
const textColors = ['text', 'dimmed', 'accent', 'calm', 'notable', 'severe', 'loss'] as const;
const grounds = ['ground', 'surface', 'raised'] as const;

for (const scheme of schemes) {
  const palette: Palette = defaultTokens[scheme];
  test(`${scheme}: every text colour is AA on every ground`, () => {
    for (const color of textColors) {
      for (const ground of grounds) {
        const ratio = contrastRatio(parseColor(palette[color]), parseColor(palette[ground]));
        assert.ok(ratio >= 4.5, `${color} on ${ground}: ${ratio.toFixed(2)}`);
      }
    }
    for (const color of palette.series) {
      const ratio = contrastRatio(parseColor(color), parseColor(palette.surface));
      assert.ok(ratio >= 4.5, `series ${color}: ${ratio.toFixed(2)}`);
    }
  });

  for (const name of ['rttRamp', 'deviationRamp'] as const) {
    test(`${scheme}: ${name} begins nearest to the ground and ends far from it`, () => {
      const ramp = colorRamp(palette[name], 32).map((color) =>
        contrastRatio(color, parseColor(palette.surface)),
      );
      assert.ok((ramp[0] as number) < (ramp[15] as number));
      assert.ok((ramp[15] as number) < (ramp[31] as number));
    });
  }
}

test('a ramp begins and ends at its stops', () => {
  const ramp = colorRamp(['#000', '#ff0000', '#ffffff'], 5);
  assert.deepEqual(ramp[0], [0, 0, 0]);
  assert.deepEqual(ramp[2], [255, 0, 0]);
  assert.deepEqual(ramp[4], [255, 255, 255]);
  assert.equal(luminance([255, 255, 255]), 1);
});

test('an installation changes one colour and keeps the rest', () => {
  const changed = withTokenChanges(defaultTokens, { name: 'Kumo Hosting', dark: { ground: '#000000' } });
  assert.equal(changed.name, 'Kumo Hosting');
  assert.equal(changed.dark.ground, '#000000');
  assert.equal(changed.dark.text, defaultTokens.dark.text);
  assert.deepEqual(changed.light, defaultTokens.light);
});
