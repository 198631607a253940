import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

// Told that it runs once, as it takes for granted where CI is set, the parser would read the file instead of the text given here.
process.env['TSESTREE_SINGLE_RUN'] = 'false';
const eslint = new ESLint({ cwd: resolve(import.meta.dirname, '../..') });

/** The rules that a text breaks, were it the content of that file. */
async function rulesBroken(file: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: file });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

const PURE_FILE = 'src/engine/engine.ts';
const PURE_VIOLATIONS = [
  ['export const t = (): number => Date.now();\n', 'no-restricted-properties'],
  ['export const r = (): number => Math.random();\n', 'no-restricted-properties'],
  ['export const d = (): Date => new Date();\n', 'no-restricted-syntax'],
  ['export const c = (a: string, b: string): number => a.localeCompare(b);\n', 'no-restricted-syntax'],
  ['export const h = (at: number): number => new Date(at).getHours();\n', 'no-restricted-syntax'],
  ['export const w = async (p: Promise<void>): Promise<void> => { await p; };\n', 'no-restricted-syntax'],
  ['setTimeout(() => undefined, 1);\n', 'no-restricted-globals'],
  ['export const e = process.env;\n', 'no-restricted-globals'],
  ["import { readFileSync } from 'node:fs';\nexport const f = readFileSync;\n", 'no-restricted-imports'],
] as const;

const ANY_FILE = 'src/contract/durations.ts';
const LONG_FUNCTION = `export function long(): number {\n  let n = 0;\n${'  n += 1;\n'.repeat(70)}  return n;\n}\n`;
const VIOLATIONS = [
  [
    'async function work(): Promise<void> {}\nexport const start = (): void => { work(); };\n',
    '@typescript-eslint/no-floating-promises',
  ],
  ['[1].forEach(async () => Promise.resolve());\n', '@typescript-eslint/no-misused-promises'],
  [
    "import { type Json } from './json.js';\nexport type Same = Json;\n",
    '@typescript-eslint/no-import-type-side-effects',
  ],
  [
    "export const f = (k: 'a' | 'b'): void => { switch (k) { case 'a': } };\n",
    '@typescript-eslint/switch-exhaustiveness-check',
  ],
  ['export const f = (x: any): unknown => x.y;\n', '@typescript-eslint/no-explicit-any'],
  ['export const n = 1;\n'.repeat(301), 'max-lines'],
  [LONG_FUNCTION, 'max-lines-per-function'],
] as const;

describe('the linter', () => {
  it.each(PURE_VIOLATIONS)(
    'refuses in a pure room: $0',
    async (text, rule) => {
      expect(await rulesBroken(PURE_FILE, text)).toContain(rule);
    },
    120_000,
  );

  it.each(VIOLATIONS)(
    'refuses in src what breaks $1',
    async (text, rule) => {
      expect(await rulesBroken(ANY_FILE, text)).toContain(rule);
    },
    120_000,
  );

  it('lets a pure room turn a given time into a date', async () => {
    const text = 'export const iso = (at: number): string => new Date(at).toISOString();\n';
    expect(await rulesBroken(PURE_FILE, text)).toEqual([]);
  }, 120_000);
});
