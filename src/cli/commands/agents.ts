import { knownAgent, knownAgents, type KnownAgent } from '../../client/agents.js';
import { formatDuration } from '../../contract/durations.js';
import { BatonError } from '../../contract/errors.js';
import { inert, inertLines } from '../../progress/inert.js';
import { print, printJson, say } from '../end.js';
import { table } from '../render/tables.js';

interface AgentOptions {
  workspace?: string;
  json?: boolean;
}

/** The catalogue of agents: all of them, one of them, or what is wrong with their files. */
export async function agents(
  action: string | undefined,
  name: string | undefined,
  options: AgentOptions,
): Promise<void> {
  if (action === 'show') return show(name, options);
  if (name !== undefined) throw new BatonError('bad_input', `NAME: goes with show only`, { path: 'name', hint: HINT });
  return action === 'check' ? check(options) : list(options);
}

const HINT = 'see: baton agents --help';

async function list({ workspace, json }: AgentOptions): Promise<void> {
  const { agents: known, overridden, problems } = await knownAgents(workspace);
  if (json) {
    return printJson({ v: 1, agents: known.map(({ prompt: _, ...agent }) => agent), overridden, problems });
  }
  const columns = ['AGENT', 'FROM', 'RUNS', 'MODE', 'TOOLS', 'CAPABILITIES'].map((title) => ({ title }));
  const rows = known.map((agent) => [
    agent.name,
    agent.source,
    agent.missing === null ? agent.runtime : `${agent.runtime} (missing)`,
    agent.permission.name,
    agent.permission.tools.join(', '),
    capabilitiesOf(agent),
  ]);
  print(table(columns, rows));
  for (const missing of new Set(known.flatMap((agent) => agent.missing ?? []))) say(`missing: ${inert(missing)}`);
  if (problems.length > 0) say(`${count(problems.length)} cannot be used: baton agents check`);
}

async function show(name: string | undefined, { workspace, json }: AgentOptions): Promise<void> {
  if (name === undefined) throw new BatonError('bad_input', 'NAME: say which agent', { path: 'name', hint: HINT });
  const agent = await knownAgent(name, workspace);
  if (json) return printJson({ v: 1, agent });
  const { limits } = agent;
  const fields: [string, string][] = [
    ['name', agent.name],
    ['file', `${agent.path} (${agent.source})`],
    ['runs', agent.runtime === 'command' ? agent.command.join(' ') : agent.runtime],
    ...(agent.missing === null ? [] : [['missing', agent.missing] satisfies [string, string]]),
    ['mode', agent.permission.name],
    ['tools', agent.permission.tools.join(', ') || 'none'],
    ...rightsOf(agent),
    ['capabilities', capabilitiesOf(agent)],
    ['specialization', agent.specialization || 'none'],
    ['model', agent.model ?? "the runtime's own choice"],
    ['tasks at once', String(agent.maxLoad)],
    ['time limit', limits.timeLimitMs === undefined ? "the task's" : formatDuration(limits.timeLimitMs)],
    ['turns', limits.maxTurns === undefined ? 'no limit' : String(limits.maxTurns)],
  ];
  print(
    [
      ...fields.map(([title, value]) => `${title.padEnd(14)}  ${inert(value)}`),
      '',
      ...inertLines(agent.description),
      '',
      ...inertLines(agent.prompt),
    ].join('\n'),
  );
}

/** What its mode lets it do, beside its tools. */
function rightsOf({ permission: { modes } }: KnownAgent): [string, string][] {
  const titles = {
    read: 'may read',
    write: 'may change',
    commands: 'may run',
    hosts: 'may fetch',
    environment: 'variables',
  };
  return Object.entries(titles).map(([field, title]) => {
    const lists = modes.map((mode) => mode[field as keyof typeof titles].join(', ') || 'nothing');
    return [title, [...new Set(lists)].join(' and also ')];
  });
}

/** Every problem on a line of its own, then an error: a script sees that something is to be done. */
async function check({ workspace, json }: AgentOptions): Promise<void> {
  const { agents: known, overridden, problems } = await knownAgents(workspace);
  if (json) {
    printJson({ v: 1, agents: known.length, overridden, problems });
    if (problems.length > 0) process.exitCode = 2;
    return;
  }
  for (const { name, path } of overridden)
    say(`not used: ${inert(path)} (another file's ${inert(name)} stands before it)`);
  const silent = known.filter(({ capabilities }) => capabilities.length === 0);
  for (const { name } of silent) say(`${inert(name)} has no capabilities: it gets only the tasks that name it`);
  if (problems.length === 0) return print(`${known.length} agents, no problems`);
  throw new BatonError('bad_input', problems.map(({ message }) => message).join('\n'), {
    hint: `correct ${count(problems.length)}; ${known.length} agents can be used: baton agents`,
  });
}

const capabilitiesOf = ({ capabilities, inferred }: KnownAgent): string =>
  `${capabilities.join(', ') || 'none'}${inferred ? ' (inferred)' : ''}`;

const count = (files: number): string => `${files} file${files === 1 ? '' : 's'}`;
