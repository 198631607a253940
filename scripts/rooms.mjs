/**
 * The rooms of src/ and the walls between them: the one table that the wall check, the linter and the tests read.
 * An edge that is not listed here is forbidden. Widening it is a decision to record in docs/decisions.
 */

/** Rooms without clock, chance, I/O, Node modules or packages. Each may use those that stand before it. */
export const PURE = [
  'analysis',
  'planning',
  'allocation',
  'decisions',
  'recovery',
  'session',
  'engine',
  'progress',
  'routing',
];

/** The room of the files that stand directly in src/: the composition root. */
export const ROOT = '.';

/** @type {Record<string, readonly string[]>} */
export const MAY_IMPORT = {
  contract: [],
  sdk: [],
  ...Object.fromEntries(PURE.map((room, index) => [room, ['contract', ...PURE.slice(0, index)]])),
  workflows: ['contract', ...PURE],
  activities: ['contract', ...PURE, 'workspace', 'agents', 'sdk'],
  agents: ['contract', 'workspace'],
  workspace: ['contract'],
  local: ['contract', 'sdk'],
  client: ['contract', ...PURE, 'agents', 'workspace', 'local', 'sdk'],
  server: ['contract', 'client', 'progress'],
  cli: ['contract', 'client', 'server', 'progress'],
  [ROOT]: ['contract', 'workflows', 'activities', 'agents', 'workspace', 'local', 'client', 'sdk'],
};

/** Edges allowed for `import type` alone. */
export const MAY_IMPORT_TYPES = { workflows: ['activities'] };

/** Rooms whose code is bundled for the workflow sandbox: nothing that they reach at run time may need Node or zod. */
export const SANDBOXED = [...PURE, 'workflows'];

/** Packages that sandboxed workflow code may load. Pure rooms may load none. */
export const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@temporalio/common'];

/** The room through which all code but the workflows loads Temporal's SDK, and the scope of the SDK's packages. */
export const SDK = 'sdk';
export const SDK_SCOPE = '@temporalio';

/** The folder of the contract that holds zod. */
export const SCHEMAS = 'contract/schemas';

/**
 * The room of a source file.
 * @param {string} path relative to the project's root, with slashes, e.g. `src/engine/step.ts`
 * @returns {string | undefined} undefined for a file outside of src/
 */
export function roomOf(path) {
  const match = /^src\/(?:([^/]+)\/)?[^/]/.exec(path);
  return match ? (match[1] ?? ROOT) : undefined;
}
