import { agentsMissing, allocatePlan } from '../allocation/allocate.js';
import { permissionOf } from '../allocation/permission.js';
import { refuseTools } from '../allocation/tools.js';
import type { AgentCatalogue, AgentDefinition } from '../contract/agent.js';
import { BatonError } from '../contract/errors.js';
import type { ModeTable, Permission } from '../contract/mode.js';
import type { Plan, PlanDraft } from '../contract/plan.js';
import { loadConfig } from '../local/config.js';
import { resolveHome } from '../local/home.js';
import { unavailableAgents } from '../workspace/agents/available.js';
import { readAgents } from '../workspace/agents/read.js';
import { workspaceFolder } from './workspace.js';

/**
 * The plan with an agent for each task that needs one, and what of them is missing on this machine. Throws `bad_input` for a name that no agent
 * has, and for capabilities that none has.
 */
export async function withAgents(
  plan: Plan,
  { draft, workspace, modes }: { draft: PlanDraft; workspace: string; modes: ModeTable },
): Promise<{ plan: Plan; missing: string[] }> {
  refuseTools(draft, modes);
  if (!plan.tasks.some(({ kind }) => kind === 'agent')) return { plan, missing: [] };
  const { agents, unavailable } = await agentsHere({ workspace, modes });
  const allocated = allocatePlan(plan, { draft, agents, unavailable, modes });
  return { plan: allocated, missing: agentsMissing(allocated, { unavailable }) };
}

/** The agents that count in a workspace, and what those lack that cannot be run here, by name. */
async function agentsHere(place: {
  workspace: string;
  modes: ModeTable;
}): Promise<AgentCatalogue & { unavailable: Map<string, string> }> {
  const home = resolveHome();
  const { runtimes, endpoints, models } = loadConfig({ home }).config;
  const catalogue = await readAgents({ home, ...place, runtimes, endpoints });
  return {
    ...catalogue,
    unavailable: unavailableAgents(catalogue.agents, { env: process.env, runtimes, endpoints, models }),
  };
}

/** An agent, what it may do, and what has to be installed before it can be run here. */
export type KnownAgent = AgentDefinition & { missing: string | null; permission: Permission };

/** The agents that count in a workspace, with the files that do not. Reads only; needs no server. */
export async function knownAgents(
  workspace: string | undefined,
): Promise<Omit<AgentCatalogue, 'agents'> & { agents: KnownAgent[] }> {
  const folder = workspaceFolder(workspace);
  const { modes } = loadConfig({ home: resolveHome(), workspace: folder }).config;
  const { unavailable, ...catalogue } = await agentsHere({ workspace: folder, modes });
  const agents = catalogue.agents.flatMap((agent) => {
    // The catalogue holds no agent of a mode that there is not.
    const permission = permissionOf(agent, { modes, mode: undefined });
    return permission ? [{ ...agent, missing: unavailable.get(agent.name) ?? null, permission }] : [];
  });
  return { ...catalogue, agents };
}

/** One of them. Throws `unknown_id` with the names there are. */
export async function knownAgent(name: string, workspace: string | undefined): Promise<KnownAgent> {
  const { agents, problems } = await knownAgents(workspace);
  const found = agents.find((agent) => agent.name === name);
  if (found) return found;
  const next = problems.length === 0 ? 'baton agents' : 'baton agents check';
  throw new BatonError('unknown_id', `there is no agent ${JSON.stringify(name)}`, {
    hint: `there are: ${agents.map((agent) => agent.name).join(', ')}; see: ${next}`,
  });
}
