import type { AgentDefinition, Allocation, Candidate } from '../contract/agent.js';
import { BatonError } from '../contract/errors.js';
import type { Plan, PlanDraft, PlanTask } from '../contract/plan.js';
import type { ModeTable, Permission } from '../contract/mode.js';
import type { AgentSkill } from '../contract/skill.js';
import { permissionOf } from './permission.js';
import { candidatesFor } from './score.js';
import { wantsOf, type Wants } from './wants.js';

export interface Agents {
  agents: readonly AgentDefinition[];
  /** What an agent lacks to be run here, by name: its program. One that lacks nothing is chosen before it. */
  unavailable: ReadonlyMap<string, string>;
  modes: ModeTable;
}

/** What is missing for the agents of a plan, each thing once. */
export function agentsMissing({ tasks }: Plan, { unavailable }: Pick<Agents, 'unavailable'>): string[] {
  const lacks = tasks.flatMap(({ allocation }) => unavailable.get(allocation?.agent.name ?? '') ?? []);
  return [...new Set(lacks)].map((lack) => `an agent: ${lack}`);
}

const HINT = 'see the agents with: baton agents';

/**
 * The plan with an agent for each task of that kind, within that agent's time limit. Tasks of one level may run at the same time, so those that were given out before
 * count as load within it; once all that are capable have as many as they may, the count begins anew: the further tasks wait for them.
 * Throws BatonError `bad_input` with the path into `draft` for a name that no agent has and for capabilities that none has together,
 * and for a mode that there is not.
 */
export function allocatePlan(plan: Plan, { draft, ...known }: Agents & { draft: PlanDraft }): Plan {
  if (!plan.tasks.some(({ kind }) => kind === 'agent')) return plan;
  const positions = new Map(draft.tasks.map(({ id }, position) => [id, position]));
  const loads = new Map<number, Map<string, number>>();
  const choose = createChooser(known);
  const tasks = plan.tasks.map((task): PlanTask => {
    if (task.kind !== 'agent') return task;
    const load = loads.get(task.level) ?? new Map<string, number>();
    loads.set(task.level, load);
    const allocation = choose(task, load, `tasks[${positions.get(task.id) ?? 0}]`);
    load.set(allocation.agent.name, (load.get(allocation.agent.name) ?? 0) + 1);
    const timeLimitMs = Math.min(task.timeLimitMs, allocation.agent.limits.timeLimitMs ?? Infinity);
    return { ...task, timeLimitMs, allocation };
  });
  return { ...plan, tasks };
}

/**
 * Chooses an agent for a task, given the loads of its level; those of agents that are full are set back where nobody else is left. What was
 * weighed once for the same wants and loads is not weighed again: a large plan has few that differ.
 */
function createChooser({ agents, unavailable, modes }: Agents) {
  const permit = createPermits(modes);
  const eligible = new Map<string, AgentDefinition[]>();
  const chosen = new Map<string, Allocation>();
  return (task: PlanTask, loads: Map<string, number>, path: string): Allocation => {
    const { agent: name, mode, skill } = task.action.kind === 'agent' ? task.action : NOTHING_NAMED;
    const wants = name === undefined ? wantsOf(task) : NAMED;
    const asked = name === undefined ? agents : agents.filter((agent) => agent.name === name);
    if (name !== undefined && asked.length === 0) throw unknownAgent(name, agents, path);
    const key = JSON.stringify([name, mode, skill?.name, skill?.tools, wants]);
    const able = eligible.get(key) ?? eligibleFor(wants, asked, unavailable);
    eligible.set(key, able);
    if (able.length === 0) throw nobody(wants, agents, path);
    const loadOf = (agent: AgentDefinition): number => loads.get(agent.name) ?? 0;
    if (able.every((agent) => loadOf(agent) >= agent.maxLoad)) for (const agent of able) loads.delete(agent.name);
    const situation = `${key}${asked.map(loadOf).join()}`;
    const found = chosen.get(situation);
    if (found) return found;
    const isMissing = able.some((agent) => unavailable.has(agent.name));
    const candidates = candidatesFor(wants, asked, { loads, unavailable: isMissing ? new Map() : unavailable });
    const agent = able.find((one) => one.name === candidates[0]?.agent);
    if (!agent) throw nobody(wants, agents, path);
    const permission = permit(agent, { mode, skill }, path);
    const allocation = { agent, permission, why: whyOf(name, wants, candidates), candidates };
    chosen.set(situation, allocation);
    return allocation;
  };
}

const NOTHING_NAMED = { agent: undefined, mode: undefined, skill: undefined };

/** What a task makes narrower. */
interface Narrowing {
  mode: string | undefined;
  skill: AgentSkill | undefined;
}

/** What an agent may do in a mode, each worked out once. */
function createPermits(modes: ModeTable) {
  const known = new Map<string, Permission>();
  return (agent: AgentDefinition, { mode, skill }: Narrowing, path: string): Permission => {
    const key = JSON.stringify([agent.name, mode, skill?.name, skill?.tools]);
    const permission = known.get(key) ?? permissionOf(agent, { modes, mode, skill });
    if (!permission) throw unknownMode(mode ?? agent.mode ?? '', modes, path);
    known.set(key, permission);
    return permission;
  };
}

/** Those that can do a task but for their load: the ones that can be run here, or else all. */
function eligibleFor(
  wants: Wants,
  asked: readonly AgentDefinition[],
  unavailable: Agents['unavailable'],
): AgentDefinition[] {
  const able = candidatesFor(wants, asked, { loads: new Map(), unavailable: new Map() }).filter(
    ({ excluded }) => excluded === undefined,
  );
  const names = new Set(able.map((candidate) => candidate.agent));
  const capable = asked.filter((agent) => names.has(agent.name));
  const usable = capable.filter((agent) => !unavailable.has(agent.name));
  return usable.length > 0 ? usable : capable;
}

const NAMED: Wants = { required: [], wanted: [], specializations: [], from: 'the plan' };

function whyOf(name: string | undefined, { wanted, from }: Wants, candidates: readonly Candidate[]): string {
  if (name !== undefined) return 'named by the plan';
  const able = candidates.filter(({ excluded }) => excluded === undefined);
  const [first, second] = able;
  const next = second ? `, before ${second.agent} with ${second.score}` : '';
  return `${wanted.join(', ')} wanted by ${from}; ${first?.score ?? 0}${next}; ${able.length} of ${candidates.length} can`;
}

function unknownAgent(name: string, agents: readonly AgentDefinition[], path: string): BatonError {
  const names = agents.map((agent) => agent.name).join(', ');
  return new BatonError('bad_input', `${path}.agent: there is no agent ${JSON.stringify(name)}; there are: ${names}`, {
    path: `${path}.agent`,
    hint: HINT,
  });
}

function unknownMode(name: string, modes: ModeTable, path: string): BatonError {
  const names = Object.keys(modes).join(', ');
  return new BatonError('bad_input', `${path}.mode: there is no mode ${JSON.stringify(name)}; there are: ${names}`, {
    path: `${path}.mode`,
    hint: 'write one of them, or add yours under modes in BATON_HOME/baton.yaml',
  });
}

function nobody({ required, wanted }: Wants, agents: readonly AgentDefinition[], path: string): BatonError {
  const needed = required.length > 0 ? required : wanted;
  const unknown = needed.filter((capability) => !agents.some((agent) => agent.capabilities.includes(capability)));
  const which = unknown.length > 0 ? `; none has ${unknown.join(', ')}` : '';
  return new BatonError('bad_input', `${path}.capabilities: no agent can do all of ${needed.join(', ')}${which}`, {
    path: `${path}.capabilities`,
    hint: `${HINT}; ask for less, or put one that can into BATON_HOME/agents or .claude/agents`,
  });
}
