import { grouped, matched, table } from './markdown.mjs';

/** What each field is for. `later`: it is known, and refused as "not supported yet"; `idle`: it is checked and kept, and does nothing yet. */
const PLAN = {
  v: 'The version of this shape: 1.',
  name: 'What the plan is called; without it, the name of its file.',
  description: 'What it is for.',
  maxParallel: 'Tasks that run at the same time, at most; the configuration may lower it. Default 10.',
  onFailure:
    'After a task has failed: `continue` runs what does not depend on it (default), `stop` starts nothing more. `compensate` is not supported yet.',
  tasks: 'The tasks, in any order.',
};

const TASK = {
  id: 'Its name, unique in the plan: letters, digits, `.`, `_`, `-`.',
  title: 'What people see; without it, the id.',
  kind: '`skill`, `agent` or `decision`; follows from what the task does and need not be given. `workflow` is not supported yet.',
  type: 'What sort of work it is (test, fix, documentation, …); shown, and helps to choose an agent.',
  skill: 'The name of the [skill](../guides/skills.md) to carry out: a built-in one, or one of a `SKILL.md`.',
  with: 'What the skill is given; it has to fit the skill’s own schema.',
  command:
    'A program with its arguments, as a list; no shell sees them. One text is handed to `sh -c`, and asks first unless `allowShell` is set.',
  agent:
    'The name of the agent that gets the task; without it, the one that fits best. [How one is chosen](../guides/agents.md#how-one-is-chosen).',
  mode: 'A mode that narrows what the agent may do; it never widens it. [Modes](../guides/permissions.md).',
  effect:
    '`required`: the task fails where an agent that may change files changed none (default). `optional`: it may find that nothing is to be done.',
  capabilities: 'What its agent must be able to do; an agent that lacks one does not get the task.',
  preferredCapabilities: 'What its agent should be able to do, as far as there is one.',
  preferredSpecializations: 'What its agent should be specialised in; without it, in one of the capabilities.',
  prompt: 'What an agent is to do.',
  plan: later(),
  decision: 'A question that a person answers.',
  dependencies: 'Ids of tasks that must have completed before.',
  inputs: 'Paths or globs that it reads. It waits for the tasks whose `outputs` they are.',
  outputs: 'Paths or globs that it writes.',
  touches:
    'Paths or globs that it changes. Of commands and skills that touch the same files one runs at a time. [Tasks that change the same files](../guides/plans.md#tasks-that-change-the-same-files).',
  resources:
    'Resources of the cluster that it holds while it runs: names, or names with how much of each. [Resources](../guides/plans.md#resources).',
  estimate: 'How long it takes, as a duration. Decides the order and the forecast, and limits nothing.',
  timeLimit: 'How long it may take; then its processes are ended and it has failed. Default `1h`.',
  retries: 'How often a failed attempt is repeated. Default 0.',
  priority: '`low`, `normal`, `high` or `critical`: who goes first among tasks with equally long remaining paths.',
  risk: '0 to 1; shown with a decision.',
  criticality: '0 to 1; over 0.8 neither `--yes` nor any rule answers the question.',
  env: 'Further environment variables. Ones that change which code runs are refused (`PATH`, `LD_*`, `NODE_OPTIONS`, …), and so are `BATON_*`.',
  cwd: 'The folder that it runs in, relative to the workspace.',
  checks:
    'Commands that must end with exit code 0 before what the task made counts, each as a list or as one text for the shell. [Checks](../guides/agents.md#checks).',
  once: '`true` for a command or skill whose effect must not happen twice, such as a deployment. [Effects that must not happen twice](../guides/plans.md#effects-that-must-not-happen-twice).',
  compensate: later(),
  checkpoint: later(),
  parameters: idle('Named values for whoever carries it out.'),
};

const DECISION = {
  question: 'What is asked.',
  options: 'The choices. Default `[approve, reject]`. `reject` and `skip` rule out what depends on the task.',
  deadline:
    'How long it waits. Without one as long as `decisionExpiry` of `baton.yaml` says (30 days), or, where no choice counts then, for ever.',
  otherwise:
    'The choice at the deadline; without it, the one of `reject` and `skip` that is offered. Needed with a deadline where neither is.',
};

function later() {
  return 'Known, and refused as "not supported yet".';
}

function idle(meaning) {
  return `${meaning} Checked and kept; it has no effect yet.`;
}

const HOLDERS = {
  plan: { words: PLAN, of: (schema) => schema },
  task: { words: TASK, of: (schema) => schema.properties.tasks.items },
  decision: { words: DECISION, of: (schema) => schema.properties.tasks.items.properties.decision },
};

/** The fields of a plan, a task or a decision. */
export function planFieldTable(schema, holder) {
  const { words, of } = HOLDERS[holder];
  const { properties, required } = of(schema);
  const rows = matched(`${holder} fields`, Object.keys(properties), words).map(([name, meaning]) => [
    `\`${name}\`${required.includes(name) ? ' (required)' : ''}`,
    typeOf(properties[name], name),
    meaning,
  ]);
  return table(['Field', 'Type', 'Meaning'], rows);
}

/** The schema with the words as descriptions, which editors show. */
export function withMeanings(schema) {
  const copy = structuredClone(schema);
  for (const { words, of } of Object.values(HOLDERS)) {
    for (const [name, property] of Object.entries(of(copy).properties)) property.description = words[name];
  }
  return copy;
}

const DURATIONS = ['estimate', 'timeLimit', 'deadline'];

function typeOf(schema, name) {
  if (DURATIONS.includes(name)) return 'duration';
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return 'one of several';
  if (name === 'resources') return 'mapping, or list of texts';
  if (schema.anyOf) return 'list of texts, or text';
  if (schema.type === 'array') {
    const items = schema.items.anyOf ? 'commands' : schema.items.type === 'object' ? 'tasks' : 'texts';
    return `list of ${items}${schema.maxItems ? `, at most ${grouped(schema.maxItems)}` : ''}`;
  }
  if (schema.type === 'string')
    return schema.maxLength ? `text, at most ${grouped(schema.maxLength)} characters` : 'text';
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'number') return 'number';
  return schema.type === 'object' ? 'mapping' : '–';
}
