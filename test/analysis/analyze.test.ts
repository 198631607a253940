import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeRequest } from '../../src/analysis/analyze.js';
import { intentOf } from '../../src/analysis/intent.js';
import type { WorkspaceFacts } from '../../src/contract/facts.js';

const analyze = (description: string, paths?: string[]) => analyzeRequest({ description }, null, paths);

describe('the intent', () => {
  it.each<[string, string, number, string | null, boolean]>([
    ['', 'unknown', 0, null, false],
    ['hello world', 'unknown', 0, null, false],
    ['fix the login', 'fix', 0.7, null, false],
    ['FIX it', 'fix', 0.7, null, false],
    ['fix it, fix it', 'fix', 1, null, false],
    ['refactoring', 'modify', 0.2, null, false],
    ['fixes', 'fix', 0.2, null, false],
    ['fixes and fixing and fixed', 'fix', 0.2, null, false],
    ['fix the fixes', 'fix', 0.7, null, false],
    ['fix and repair', 'fix', 1, null, false],
    ['analyzing and shipping', 'analyze', 0.2, 'deploy', true],
    ['fix and update', 'modify', 0.7, 'fix', true],
    ['create, then deploy: create', 'create', 1, 'deploy', false],
    ['a prefix in a relationship of credit', 'unknown', 0, null, false],
    ['the audition of the second edition', 'unknown', 0, null, false],
    ['improvements', 'modify', 0.2, null, false],
    ['code generation', 'create', 0.2, null, false],
    ['Analyze this repository for quality problems', 'analyze', 0.7, null, false],
  ])('of "%s" is %s (%d)', (text, primary, confidence, secondary, ambiguous) => {
    expect(intentOf(text)).toMatchObject({ primary, confidence, secondary, ambiguous });
  });

  it('shows the words that gave each score', () => {
    expect(intentOf('Build it and review the building; build more').evidence).toEqual([
      { intent: 'create', score: 12, words: ['build', 'building'] },
      { intent: 'analyze', score: 7, words: ['review'] },
    ]);
  });
});

describe('complexity', () => {
  it('is the weighted sum of six factors with evidence, and named by its thresholds', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.nat(100_000), (text, files) => {
        const { complexity } = analyzeRequest({ description: text }, { ...FACTS, files });
        expect(complexity.factors.map(({ weight }) => weight)).toEqual([0.25, 0.2, 0.15, 0.15, 0.15, 0.1]);
        const sum = complexity.factors.reduce((total, { weight, value }) => total + weight * value, 0);
        expect(complexity.score).toBeCloseTo(sum, 2);
        for (const { value, evidence } of complexity.factors) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(evidence).not.toBe('');
        }
      }),
    );
  });

  it('of a one-line fix is simple and of a migration of everything is higher', () => {
    const small = analyze('Fix the typo in the readme file of the docs folder, in the first line there');
    const large = analyze(
      'Migrate the entire production system and every service across the codebase to a distributed database: after the schema ' +
        'migration, then the API, OAuth, the queue, Kafka and Redis, before the billing and payment services. Performance, security and ' +
        'concurrency matter; perhaps something better is possible? It requires all dependencies to be upgraded once.',
    );
    expect(small.complexity.level).toBe('simple');
    expect(large.complexity.score).toBeGreaterThan(0.6);
    expect(large.durationMs).toBeGreaterThan(small.durationMs);
  });
});

describe('success criteria', () => {
  it('are sentences that say what must hold, and bullets', () => {
    const text =
      'Add a cache. It must survive restarts! Thanks.\n- [ ] tests pass\n2. docs are updated\nGo on until all is green.';
    expect(analyze(text).successCriteria).toEqual([
      'It must survive restarts!',
      'tests pass',
      'docs are updated',
      'Go on until all is green.',
    ]);
  });

  it('are at most 20', () => {
    expect(
      analyze('- a thing\n'.repeat(3) + Array.from({ length: 100 }, (_, i) => `- ${i}`).join('\n')).successCriteria,
    ).toHaveLength(20);
  });
});

describe('patterns', () => {
  it('are ranked by fit, and quality analysis is first for what it is for', () => {
    const { patterns } = analyze('Analyze this repository for quality problems');
    expect(patterns[0]).toMatchObject({ name: 'quality-analysis', playbook: 'quality-analysis', fit: 1 });
    const all = analyze('Fix the bug in the dependency that fails the tests').patterns;
    expect(all.length).toBeGreaterThan(1);
    expect(all.map(({ fit }) => fit)).toEqual(all.map(({ fit }) => fit).sort((a, b) => b - a));
  });
});

describe('risks', () => {
  it('have a mitigation each and follow from what was measured', () => {
    const { risks } = analyzeRequest(
      { description: 'Delete the old release' },
      { ...FACTS, dirty: true, repository: null },
    );
    expect(risks.length).toBeGreaterThanOrEqual(4);
    for (const { risk, mitigation } of risks) expect(risk && mitigation).toBeTruthy();
    expect(analyzeRequest({ description: 'Review the repository' }, FACTS).risks).toEqual([]);
  });
});

describe('files', () => {
  const paths = ['src/login.ts', 'src/a/index.ts', 'src/b/index.ts', 'README.md', 'lib/session.ts', 'Makefile', 'x.ts'];

  it('are those that the text names, best first', () => {
    const { files } = analyze('Fix src/login.ts, b/index.ts and the README.md; see session.', paths);
    expect(files.map(({ path, score }) => [path, score])).toEqual([
      ['src/login.ts', 1],
      ['src/b/index.ts', 0.9],
      ['README.md', 0.7],
      ['lib/session.ts', 0.4],
    ]);
  });

  it('are none where nothing is named', () => {
    expect(analyze('Do something', paths).files).toEqual([]);
  });
});

describe('any text', () => {
  it('is analyzed, an empty one and one of 100 KiB too', () => {
    expect(analyze('').intent.primary).toBe('unknown');
    for (const piece of ['fix a.b/c ', 'must ', '- x\n', '?', 'a', '. ', '((((', 'and and ', '\n', '..']) {
      const text = piece.repeat(Math.floor(102_400 / piece.length));
      expect(
        analyze(
          text,
          Array.from({ length: 1000 }, (_, i) => `src/${i}/a.ts`),
        ).request,
      ).toBe(text);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(analyze(text).v).toBe(1);
      }),
    );
  });
});

const FACTS: WorkspaceFacts = {
  v: 1,
  path: '/w',
  repository: '/w',
  head: null,
  branch: null,
  dirty: false,
  files: 10,
  bytes: 10,
  truncated: false,
  languages: [],
  manifests: [],
  commands: [{ purpose: 'test', argv: ['npm', 'test'], cwd: '.', source: 'package.json' }],
  agents: [],
};
