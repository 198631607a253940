import { knownSkill, knownSkills } from '../../client/skills.js';
import { formatDuration } from '../../contract/durations.js';
import { BatonError } from '../../contract/errors.js';
import type { SkillDefinition, SkillWork } from '../../contract/skill.js';
import { inert, inertLines } from '../../progress/inert.js';
import { print, printJson, say } from '../end.js';
import { table } from '../render/tables.js';

interface SkillOptions {
  workspace?: string;
  json?: boolean;
}

const HINT = 'see: baton skills --help';

/** What plans can name as a skill: all of them, one of them, or what is wrong with their files and servers. */
export async function skills(
  action: string | undefined,
  name: string | undefined,
  options: SkillOptions,
): Promise<void> {
  if (action === 'show') return show(name, options);
  if (name !== undefined) throw new BatonError('bad_input', 'NAME: goes with show only', { path: 'name', hint: HINT });
  return action === 'check' ? check(options) : list(options);
}

async function list({ workspace, json }: SkillOptions): Promise<void> {
  const { skills: known, overridden, problems } = await knownSkills(workspace);
  if (json) return printJson({ v: 1, skills: known.map(withoutInstructions), overridden, problems });
  const columns = ['SKILL', 'FROM', 'DONE BY', 'MAY', 'WHAT FOR'].map((title) => ({ title }));
  const rows = known.map(({ name, source, work, effect, description }) => [
    name,
    source,
    DONE_BY[work.kind],
    effect === 'reads' ? 'read' : 'change',
    description.split('\n')[0] ?? '',
  ]);
  print(table(columns, rows));
  if (problems.length > 0) say(`${problems.length} cannot be used: baton skills check`);
}

const DONE_BY: Record<SkillWork['kind'], string> = {
  'built-in': 'Baton',
  agent: 'an agent',
  program: 'a command',
  tool: 'a server',
};

/** Instructions are long, and `show` has them. */
function withoutInstructions({ work, ...skill }: SkillDefinition) {
  if (work.kind !== 'agent') return { ...skill, work };
  const { instructions: _, ...rest } = work;
  return { ...skill, work: rest };
}

async function show(name: string | undefined, { workspace, json }: SkillOptions): Promise<void> {
  if (name === undefined) throw new BatonError('bad_input', 'NAME: say which skill', { path: 'name', hint: HINT });
  const skill = await knownSkill(name, workspace);
  if (json) return printJson({ v: 1, skill });
  const { work, input, output, timeLimitMs } = skill;
  const fields: [string, string][] = [
    ['name', skill.name],
    ['from', skill.path === '' ? skill.source : `${skill.path} (${skill.source})`],
    ['done by', DONE_BY[work.kind]],
    ...workFields(work),
    ['may', skill.effect === 'reads' ? 'read' : 'change'],
    ['time limit', timeLimitMs === null ? "the task's" : formatDuration(timeLimitMs)],
    ['takes', JSON.stringify(input)],
    ['gives', output === null ? 'nothing is said of it' : JSON.stringify(output)],
  ];
  const instructions = work.kind === 'agent' ? ['', ...inertLines(work.instructions)] : [];
  print(
    [
      ...fields.map(([title, value]) => `${title.padEnd(10)}  ${inert(value)}`),
      '',
      ...inertLines(skill.description),
      ...instructions,
    ].join('\n'),
  );
}

function workFields(work: SkillWork): [string, string][] {
  switch (work.kind) {
    case 'agent':
      return [['tools', work.tools === null ? "the agent's" : work.tools.join(', ') || 'none']];
    case 'program':
      return [['command', work.argv.join(' ')]];
    case 'tool':
      return [['tool', `${work.tool} of ${work.server}`]];
    case 'built-in':
      return [];
  }
}

/** Every problem on a line of its own, then an error: a script sees that something is to be done. */
async function check({ workspace, json }: SkillOptions): Promise<void> {
  const { skills: known, overridden, problems } = await knownSkills(workspace);
  if (json) {
    printJson({ v: 1, skills: known.length, overridden, problems });
    if (problems.length > 0) process.exitCode = 2;
    return;
  }
  for (const { name, path } of overridden)
    say(`not used: ${inert(path)} (another file's ${inert(name)} stands before it)`);
  if (problems.length === 0) return print(`${known.length} skills, no problems`);
  throw new BatonError('bad_input', problems.map(({ message }) => message).join('\n'), {
    hint: `correct ${problems.length === 1 ? 'it' : 'them'}; ${known.length} skills can be used: baton skills`,
  });
}
