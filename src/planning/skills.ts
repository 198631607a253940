import type { Problem } from '../contract/errors.js';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { mcpNameOf } from '../contract/mcp.js';
import type { Action, PlanDraft, TaskDraft } from '../contract/plan.js';
import type { SchemaCheck, SchemaFlaw, SkillDefinition } from '../contract/skill.js';
import { nearest } from './nearest.js';
import { refuse } from './references.js';
import { skillPrompt } from './skill-prompt.js';

export interface SkillBook {
  skills: readonly SkillDefinition[];
  check: SchemaCheck;
  /** Why a server's skills are not known, by the server's name. */
  broken?: ReadonlyMap<string, string>;
}

type SkillAction = Action & { kind: 'skill' };

/**
 * The draft with each of its skills as what carries it out: a built-in one stays, another becomes an agent's task, or a program.
 * Throws BatonError `bad_input` with a line `tasks[2].with.depth: …` for each input that does not fit its skill, and for unknown skills.
 */
export function resolveSkills(draft: PlanDraft, { skills, check, broken = new Map() }: SkillBook): PlanDraft {
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  const problems: Problem[] = [];
  const tasks = draft.tasks.map((task, at): TaskDraft => {
    const { action } = task;
    if (action.kind !== 'skill') return task;
    const skill = byName.get(action.name);
    if (!skill) {
      const why = broken.get(mcpNameOf(action.name)?.server ?? '');
      problems.push({ path: `tasks[${at}].skill`, message: why ?? unknown(action.name, [...byName.keys()]) });
      return task;
    }
    problems.push(...misused(skill, action, `tasks[${at}]`));
    for (const flaw of check(skill.input, action.with))
      problems.push({ path: `tasks[${at}].with${pathText(flaw.path)}`, message: flaw.message });
    return resolved(task, action, skill);
  });
  if (problems.length > 0) refuse(problems);
  refuseTooMuch(tasks);
  return { ...draft, tasks };
}

const NAMES_SHOWN = 30;

function unknown(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const more = names.length > NAMES_SHOWN ? ', …' : '';
  const suggestion = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  return `there is no skill ${JSON.stringify(name)}; the skills are ${names.slice(0, NAMES_SHOWN).join(', ')}${more}${suggestion}`;
}

const AGENT_FIELDS = ['agent', 'mode', 'effect'] as const;

function misused({ name, work }: SkillDefinition, action: SkillAction, path: string): Problem[] {
  if (work.kind === 'agent') return [];
  const foreign = AGENT_FIELDS.filter((field) => field !== 'mode' || work.kind !== 'tool');
  return foreign
    .filter((field) => action[field] !== undefined)
    .map((field) => ({
      path: `${path}.${field}`,
      message: `the skill ${name} is not carried out by an agent`,
    }));
}

/** `['a', 0, 'b c']` → `.a[0]["b c"]` */
export const pathText = (path: SchemaFlaw['path']): string =>
  path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`;
    })
    .join('');

function resolved(task: TaskDraft, action: SkillAction, skill: SkillDefinition): TaskDraft {
  const timeLimitMs = task.timeLimitMs ?? skill.timeLimitMs;
  const common = { ...task, ...(timeLimitMs === null ? {} : { timeLimitMs }) };
  switch (skill.work.kind) {
    case 'built-in':
      return common;
    case 'tool': {
      const { server, tool } = skill.work;
      const mode = action.mode === undefined ? {} : { mode: action.mode };
      return { ...common, action: { kind: 'tool', server, tool, with: action.with, output: skill.output, ...mode } };
    }
    case 'agent': {
      const { agent, mode, effect = 'optional' } = action;
      const prompt = skillPrompt(skill, { instructions: skill.work.instructions, input: action.with });
      return {
        ...common,
        action: {
          kind: 'agent',
          prompt,
          ...(agent === undefined ? {} : { agent }),
          ...(mode === undefined ? {} : { mode }),
          ...(effect === 'optional' ? { effect } : {}),
          skill: { name: skill.name, about: skill.description, tools: skill.work.tools, output: skill.output },
        },
      };
    }
    case 'program': {
      const { name, source, path, output } = skill;
      const { argv } = skill.work;
      return { ...common, action: { kind: 'program', skill: name, argv, with: action.with, output, source, path } };
    }
  }
}

/** Each task that names a skill holds its instructions, so that an approval of the plan binds them; together they are bounded. */
function refuseTooMuch(tasks: readonly TaskDraft[]): void {
  let chars = 0;
  for (const { action } of tasks) if (action.kind === 'agent' && action.skill) chars += action.prompt.length;
  if (chars <= LIMITS.skillPromptsBytes) return;
  throw new BatonError('bad_input', `tasks: the instructions of their skills have ${chars} characters in all`, {
    path: 'tasks',
    hint: `at most ${LIMITS.skillPromptsBytes} fit into one plan; make several plans of it`,
  });
}
