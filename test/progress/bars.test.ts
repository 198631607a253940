import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, percentText, progressLines } from '../../src/progress/bars.js';
import { progressView } from '../../src/progress/progress.js';
import { begin, node, START } from './engines.js';

describe('a bar', () => {
  it.each([
    [0, '░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░'],
    [3.3, '░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░'],
    [3.4, '█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░'],
    [42, '████████████░░░░░░░░░░░░░░░░░░'],
    [50, '███████████████░░░░░░░░░░░░░░░'],
    [99.9, '█████████████████████████████░'],
    [100, '██████████████████████████████'],
  ])('of %d percent is %s', (percent, text) => {
    expect(bar(percent)).toBe(text);
  });

  it('is 30 wide for any number, and its length grows with it', () => {
    fc.assert(
      fc.property(fc.double(), (percent) => {
        expect(bar(percent)).toMatch(/^█*░*$/);
        expect(bar(percent)).toHaveLength(30);
        expect(percentText(percent)).toMatch(/^\d{1,3}\.\d%$/);
      }),
    );
  });

  it.each([
    [42, '42.0%'],
    [99.96, '99.9%'],
    [99.999999, '99.9%'],
    [100, '100.0%'],
    [64.1, '64.1%'],
    [-3, '0.0%'],
  ])('reads %d as %s', (percent, text) => {
    expect(percentText(percent)).toBe(text);
  });
});

describe('the lines of a request', () => {
  it('are the overall bar and one for each active task, ids cut to 8', () => {
    const { engine } = begin([node('inventory-of-files', { estimateMs: 2000 }), node('todo', { estimateMs: 500 })]);
    const view = progressView(engine, { now: START + 250, description: '' });
    expect(progressLines(view)).toEqual([
      'Overall: [██████░░░░░░░░░░░░░░░░░░░░░░░░] 20.0%',
      '  inventor [███░░░░░░░░░░░░░░░░░░░░░░░░░░░] 12.5%',
      '  todo [███████████████░░░░░░░░░░░░░░░] 50.0%',
    ]);
    expect(progressLines(view, { aligned: true })[2]).toBe('  todo     [███████████████░░░░░░░░░░░░░░░] 50.0%');
  });
});
