import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { helpOf } from '../../scripts/docs.mjs';
import { EXIT_OF_STATUS } from '../../src/cli/end.js';
import { ERRORS } from '../../src/contract/errors.js';
import { LIMITS } from '../../src/contract/limits.js';
import { BUILT_IN_MODES, PROTECTED_FILES } from '../../src/contract/modes.js';
import { MESSAGES, QUERIES, SEARCH_ATTRIBUTES } from '../../src/contract/names.js';
import { PRECONFIGURED } from '../../src/contract/runtimes/index.js';
import { agentJsonSchema } from '../../src/contract/schemas/agent-fields.js';
import { skillJsonSchema } from '../../src/contract/schemas/skill-file.js';
import { planJsonSchema } from '../../src/contract/schemas/plan-schema.js';
import { SKILL_NAMES } from '../../src/contract/skills.js';
import { ENDED_STATES } from '../../src/contract/task.js';
import { TASK_TRANSITIONS } from '../../src/engine/lifecycle.js';
import { PHASE_TRANSITIONS } from '../../src/engine/phases.js';
import { configJsonSchema, NARROWING_FIELDS } from '../../src/local/config-schema.js';
import { loadConfig } from '../../src/local/config.js';
import { SERVER_SETTINGS } from '../../src/local/server-arguments.js';

const PROJECT = resolve(import.meta.dirname, '../..');

export const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

const asked = new Map<string, string>();

/** Each help text is asked for once: it takes a process. */
function helpOnce(command: readonly string[]): string {
  const name = command.join(' ');
  const text = asked.get(name) ?? helpOf(command);
  asked.set(name, text);
  return text;
}

/** What the documents take from the code: the sources themselves, and the built command for its help. */
export const sources = {
  errors: ERRORS,
  limits: LIMITS,
  limitsSource: ['limits', 'agent-limits', 'session-limits', 'lease-limits']
    .map((name) => read(`src/contract/${name}.ts`))
    .join(''),
  taskTransitions: TASK_TRANSITIONS,
  endedStates: ENDED_STATES,
  phaseTransitions: PHASE_TRANSITIONS,
  messages: MESSAGES,
  queries: QUERIES,
  searchAttributes: SEARCH_ATTRIBUTES,
  modes: BUILT_IN_MODES,
  protectedFiles: PROTECTED_FILES,
  skills: SKILL_NAMES,
  serverSettings: SERVER_SETTINGS,
  configSchema: configJsonSchema(),
  narrowing: NARROWING_FIELDS,
  configDefaults: loadConfig({ home: join(tmpdir(), 'baton-that-is-not-there') }).config,
  planSchema: planJsonSchema(),
  preconfigured: PRECONFIGURED,
  agentSchema: agentJsonSchema(),
  skillSchema: skillJsonSchema(),
  exitOfStatus: EXIT_OF_STATUS,
  helpOf: helpOnce,
};
