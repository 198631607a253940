import { builtinModules } from 'node:module';
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { PURE } from './scripts/rooms.mjs';

const TYPESCRIPT = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'vitest.config.ts'];
const PURE_FILES = PURE.map((room) => `src/${room}/**/*.ts`);

const SCRIPT_GLOBALS = [
  ...['console', 'process', 'URL', 'Buffer', 'fetch', 'AbortController', 'AbortSignal', 'performance'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'structuredClone'],
];

/** Node's modules under both of their names. */
const noNode = {
  patterns: [{ group: ['node:*'], message: 'No Node modules here: this code is replayed or computed without I/O.' }],
  paths: builtinModules.map((name) => ({ name, message: 'No Node modules here.' })),
};

const clock = (object, property) => ({ object, property, message: 'Time and chance come in as data, with the event.' });

/** What a pure room may not name: clocks, chance, I/O, and whatever depends on the machine's locale or time zone. */
const pureGlobals = [
  ...['process', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'performance', 'crypto'],
  ...['console', 'require', 'globalThis', 'global', 'Buffer', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'Intl'],
].map((name) => ({ name, message: 'A pure room has no clock, no chance and no I/O.' }));

const pureSyntax = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
    message: 'The present time comes in with the event.',
  },
  {
    selector: 'MemberExpression[property.name=/^(toLocale[A-Za-z]*|localeCompare)$/]',
    message: "The result depends on the machine's locale; compare and format by code points.",
  },
  {
    selector: 'MemberExpression[property.name=/^(get(Hours|Minutes|Day|Date|Month|FullYear)|getTimezoneOffset)$/]',
    message: "The result depends on the machine's time zone; use the UTC form.",
  },
  { selector: 'ImportExpression', message: 'A pure room loads nothing at run time.' },
  { selector: 'AwaitExpression', message: 'A pure room never waits.' },
];

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', 'coverage/', 'test/replay/histories/']),
  js.configs.recommended,
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.check.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // An import of inline types alone still loads its module at run time, and so crosses a wall that allows types.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers and booleans in messages are plain; objects, null and any are not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // A string spread gives its code points, which is what is meant wherever one is spread here.
      '@typescript-eslint/no-misused-spread': 'off',
      // The compiler keeps what it knew of a signal or a flag across an await in which it changed.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An interface implemented by a synchronous body still answers with a promise.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', noNode] },
  },
  {
    files: PURE_FILES,
    rules: {
      'no-restricted-imports': ['error', noNode],
      'no-restricted-globals': ['error', ...pureGlobals],
      'no-restricted-properties': ['error', clock('Date', 'now'), clock('Math', 'random'), clock('performance', 'now')],
      'no-restricted-syntax': ['error', ...pureSyntax],
    },
  },
  {
    // Tests build odd values on purpose, and an assertion is clearer than a guard that cannot fail.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '*.js'],
    languageOptions: {
      globals: Object.fromEntries(SCRIPT_GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: { 'max-lines': ['error', { max: 300 }], eqeqeq: 'error' },
  },
  // Declarations that stand beside a script are not part of a TypeScript project.
  globalIgnores(['**/*.d.mts', '**/*.d.ts']),
);
