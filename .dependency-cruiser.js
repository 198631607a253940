import {
  MAY_IMPORT,
  MAY_IMPORT_TYPES,
  PURE,
  ROOT,
  SANDBOXED,
  SCHEMAS,
  SDK,
  SDK_SCOPE,
  WORKFLOW_PACKAGES,
} from './scripts/rooms.mjs';

const TYPE_ONLY = 'type-only';
const PACKAGES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const folder = (room) => (room === ROOT ? '^src/[^/]+$' : `^src/${room}/`);
const anyOf = (rooms) => rooms.map(folder).join('|');

const roomRules = Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
  name: `room:${room}`,
  comment: `${room} may import ${allowed.length > 0 ? allowed.join(', ') : 'no other room'}.`,
  severity: 'error',
  from: { path: folder(room) },
  to: { path: '^src/', pathNot: anyOf([room, ...allowed, ...(MAY_IMPORT_TYPES[room] ?? [])]) },
}));

const typeOnlyRules = Object.entries(MAY_IMPORT_TYPES).map(([room, allowed]) => ({
  name: `types-only:${room}`,
  comment: `${room} may import ${allowed.join(', ')} by \`import type\` alone.`,
  severity: 'error',
  from: { path: folder(room) },
  to: { path: anyOf(allowed), dependencyTypesNot: [TYPE_ONLY] },
}));

const packageRules = [
  {
    name: 'pure-rooms-have-no-packages',
    comment: 'A pure room computes from its arguments: no Node module and no package, not even for a type.',
    severity: 'error',
    from: { path: anyOf(PURE) },
    to: { dependencyTypes: ['core', ...PACKAGES] },
  },
  {
    name: 'words-have-no-packages',
    comment: `Everything imports the contract's words, the workflow sandbox too; only ${SCHEMAS} may hold zod.`,
    severity: 'error',
    from: { path: '^src/contract/', pathNot: `^src/${SCHEMAS}/` },
    to: { dependencyTypes: ['core', ...PACKAGES] },
  },
  {
    name: 'words-do-not-import-schemas',
    comment: `The contract's words stay free of ${SCHEMAS}, whatever imports them.`,
    severity: 'error',
    from: { path: '^src/contract/', pathNot: `^src/${SCHEMAS}/` },
    to: { path: `^src/${SCHEMAS}/` },
  },
  {
    name: 'sandbox-has-no-schemas',
    comment: `zod in the workflow bundle multiplies its size and memory: ${SCHEMAS} stays outside.`,
    severity: 'error',
    from: { path: anyOf(SANDBOXED) },
    to: { path: `^src/${SCHEMAS}/` },
  },
  {
    name: 'workflows-have-no-node',
    comment: 'Workflow code is replayed in a sandbox that has no Node modules.',
    severity: 'error',
    from: { path: folder('workflows') },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'workflows-have-sdk-packages-only',
    comment: `Workflow code may load ${WORKFLOW_PACKAGES.join(' and ')} alone.`,
    severity: 'error',
    from: { path: folder('workflows') },
    to: {
      dependencyTypes: PACKAGES,
      dependencyTypesNot: [TYPE_ONLY],
      pathNot: WORKFLOW_PACKAGES.map((name) => `(^|node_modules/)${name}(/|$)`).join('|'),
    },
  },
  {
    name: 'sdk-from-its-room',
    comment: `Packages of ${SDK_SCOPE} are loaded by src/${SDK}: the build makes one quick file of them, and two copies of a class differ.`,
    severity: 'error',
    from: { path: '^src/', pathNot: folder('workflows') },
    to: { path: `(^|node_modules/)${SDK_SCOPE}/`, dependencyTypesNot: [TYPE_ONLY] },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    ...typeOnlyRules,
    ...packageRules,
    {
      name: 'no-cycle',
      comment: 'Two files that need each other at run time are one file, or lack a third.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: [TYPE_ONLY] } },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that resolves to nothing hides what it would reach.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-packages',
      comment: 'What src/ loads at run time must be a dependency, not a development one.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: [TYPE_ONLY] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
