import { defineConfig } from 'vitest/config';

const E2E = 'test/**/*.e2e.test.ts';
const PROGRAMS = 'test/agents/**/*.e2e.test.ts';

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
        test: {
          name: 'programs',
          include: [PROGRAMS],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Each of these files has a server and a worker of its own: one at a time, so that none is slowed by another.
        test: {
          name: 'e2e',
          include: [E2E],
          exclude: [PROGRAMS],
          globalSetup: ['test/setup/e2e.ts'],
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
