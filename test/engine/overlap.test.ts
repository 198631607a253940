import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { globFlaw } from '../../src/contract/schemas/path-rules.js';
import { mayOverlap } from '../../src/engine/overlap.js';

const part = fc.constantFrom(
  ...[
    'a',
    'b',
    'ab',
    'A',
    '.a',
    'a.ts',
    'b.ts',
    'ä',
    '*',
    '**',
    '?',
    'a*',
    '*b',
    '*.ts',
    '*.{ts,md}',
    '{a,b}',
    'a{b,}',
  ],
  ...[
    '{a}',
    '[ab]',
    '[!a]',
    '!(a)',
    '!(a).ts',
    '@(a|b)',
    '+(a)',
    '*(a)b',
    'a?(b)',
    '(a|b)',
    'a|b',
    'a+',
    '\\*',
    'a**',
    '**b',
    '.',
    '',
  ],
);
const built = fc
  .tuple(
    fc.constantFrom('', './', '!'),
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/', '/**'),
  )
  .map(([before, parts, after]) => `${before}${parts.join('/')}${after}`);
const wild = fc.string({ unit: fc.constantFrom(...'aab/*?{,}[]()!@+|.\\-^$'), minLength: 1, maxLength: 10 });
const glob = fc.oneof(built, wild).filter((text) => globFlaw(text) === undefined);
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'aab', '.a', 'a.ts', 'b.ts', 'ab.md', 'ä', 'a+', '*', 'aa'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join('/'));

function matches(pattern: string, text: string): boolean {
  try {
    return picomatch([pattern], { dot: true })(text);
  } catch {
    return false;
  }
}

describe('two globs', () => {
  it('overlap wherever one path matches both, whatever they are made of', () => {
    let both = 0;
    fc.assert(
      fc.property(glob, glob, path, (one, other, text) => {
        if (!matches(one, text) || !matches(other, text)) return;
        both += 1;
        expect(mayOverlap([one], [other])).toBe(true);
      }),
      { numRuns: 15_000 },
    );
    // A test in which nothing ever matches would show nothing.
    expect(both).toBeGreaterThan(200);
  });

  it('overlap with each other in either order, and each with itself', () => {
    fc.assert(
      fc.property(glob, glob, (one, other) => {
        expect(mayOverlap([one], [other])).toBe(mayOverlap([other], [one]));
        expect(mayOverlap([one], [one])).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['src/**', 'test/**'],
    ['src/**', 'src2/**'],
    ['src/a.ts', 'src/b.ts'],
    ['src/*.ts', 'src/*.md'],
    ['**/*.{ts,tsx}', '**/*.{md,yaml}'],
    ['packages/{a,b}/**', 'packages/c/**'],
    ['src/a*', 'src/b*'],
    ['docs/', 'docs-old/'],
    ['README.md', '**/*.ts'],
    ['./src/a.ts', 'test/../a.ts'.replace('../', '')],
  ])('%s and %s do not', (one, other) => {
    expect(mayOverlap([one], [other])).toBe(false);
  });

  it.each([
    ['src/**', 'src'],
    ['src', 'src/a/b.ts'],
    ['dist/', 'dist/main.js'],
    ['**/*.ts', 'src/**'],
    ['src/*.ts', '**/a*'],
    ['./a.ts', 'a.ts'],
    ['README.md', 'readme.md'],
    ['!src/**', 'src/a.ts'],
    ['{a,b}/x', 'b/*'],
  ])('%s and %s do', (one, other) => {
    expect(mayOverlap([one], [other])).toBe(true);
  });
});

it('lists overlap where two of their globs do, nothing overlaps with none, and lists too long to compare count as overlapping', () => {
  expect(mayOverlap(['a/**', 'b/**'], ['c/**', 'b/x'])).toBe(true);
  expect(mayOverlap(['a/**'], [])).toBe(false);
  const many = (letter: string): string[] => Array.from({ length: 1000 }, (_, at) => `${letter}/${at}.ts`);
  expect(mayOverlap(many('a'), many('b'))).toBe(true);
  expect(mayOverlap(['b/**'], many('a'))).toBe(false);
});
