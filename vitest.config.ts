import { defineConfig } from 'vitest/config';

const E2E = 'test/**/*.e2e.test.ts';
const PROGRAMS = 'test/agents/**/*.e2e.test.ts';
/** They hold an answer or an end to a time, so that nothing may run beside them. */
const ALONE = ['bad-input', 'claude', 'patience', 'scale', 'worktrees'].map((name) => `test/e2e/${name}.e2e.test.ts`);

const outside = { pool: 'forks', testTimeout: 180_000, hookTimeout: 300_000 } as const;

export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [E2E],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Agents' real programs without a server: two files at a time, as the unit tests.
        test: { ...outside, name: 'programs', include: [PROGRAMS], maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        // Each of these files has a server and a worker of its own, and waits for them most of its time.
        test: {
          ...outside,
          name: 'e2e',
          include: [E2E],
          exclude: [PROGRAMS, ...ALONE],
          globalSetup: ['test/setup/e2e.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...outside,
          name: 'e2e-alone',
          include: ALONE,
          globalSetup: ['test/setup/e2e.ts'],
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
