/**
 * `node scripts/docs.mjs`: writes what the documentation takes from the code (tables, help texts, diagrams, JSON Schemas) into its places.
 * Needs `npm run build`. A test fails where a document differs from what this would write.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { documents } from './docs/documents.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);

/** Help is as wide as a terminal of 80 columns, wherever it is made. */
export function helpOf(command) {
  const main = join(ROOT, 'dist', 'cli', 'main.js');
  const env = { ...process.env, COLUMNS: '80', NO_COLOR: '1' };
  const { stdout } = spawnSync(process.execPath, [main, ...command, '--help'], { encoding: 'utf8', env });
  return stdout.trimEnd();
}

/** What the documents take, each from the module that it stands in. */
async function fromBuild() {
  const from = async (path, name) => {
    const value = (await built(path))[name];
    if (value === undefined) throw new Error(`dist/${path}.js has no ${name}; build it again`);
    return value;
  };
  const loadConfig = await from('local/config', 'loadConfig');
  return {
    errors: await from('contract/errors', 'ERRORS'),
    limits: await from('contract/limits', 'LIMITS'),
    limitsSource: ['limits.ts', 'agent-limits.ts', 'session-limits.ts', 'lease-limits.ts']
      .map((name) => readFileSync(join(ROOT, 'src', 'contract', name), 'utf8'))
      .join(''),
    taskTransitions: await from('engine/lifecycle', 'TASK_TRANSITIONS'),
    endedStates: await from('contract/task', 'ENDED_STATES'),
    phaseTransitions: await from('engine/phases', 'PHASE_TRANSITIONS'),
    messages: await from('contract/names', 'MESSAGES'),
    queries: await from('contract/names', 'QUERIES'),
    searchAttributes: await from('contract/names', 'SEARCH_ATTRIBUTES'),
    modes: await from('contract/modes', 'BUILT_IN_MODES'),
    protectedFiles: await from('contract/modes', 'PROTECTED_FILES'),
    skills: await from('contract/skills', 'SKILL_NAMES'),
    serverSettings: await from('local/server-arguments', 'SERVER_SETTINGS'),
    configSchema: (await from('local/config-schema', 'configJsonSchema'))(),
    narrowing: await from('local/config-schema', 'NARROWING_FIELDS'),
    configDefaults: loadConfig({ home: join(tmpdir(), 'baton-that-is-not-there') }).config,
    planSchema: (await from('contract/schemas/plan-schema', 'planJsonSchema'))(),
    preconfigured: await from('contract/runtimes/index', 'PRECONFIGURED'),
    agentSchema: (await from('contract/schemas/agent-fields', 'agentJsonSchema'))(),
    skillSchema: (await from('contract/schemas/skill-file', 'skillJsonSchema'))(),
    exitOfStatus: await from('cli/end', 'EXIT_OF_STATUS'),
    helpOf,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (path) => readFileSync(join(ROOT, path), 'utf8');
  for (const { path, text } of await documents(await fromBuild(), read)) {
    writeFileSync(join(ROOT, path), text);
    console.log(path);
  }
}
