import { agentsMissing, allocatePlan } from '../allocation/allocate.js';
import type { Plan, PlanDraft } from '../contract/plan.js';
import { resolveHome } from '../local/home.js';
import { unavailableAgents } from '../workspace/agents/available.js';
import { readAgents } from '../workspace/agents/read.js';

/**
 * The plan with an agent for each task that needs one, and what of them is missing on this machine. Throws `bad_input` for a name that no agent
 * has, and for capabilities that none has.
 */
export async function withAgents(
  plan: Plan,
  { draft, workspace }: { draft: PlanDraft; workspace: string },
): Promise<{ plan: Plan; missing: string[] }> {
  if (!plan.tasks.some(({ kind }) => kind === 'agent')) return { plan, missing: [] };
  const { agents } = await readAgents({ home: resolveHome(), workspace });
  const unavailable = unavailableAgents(agents, process.env);
  const allocated = allocatePlan(plan, { draft, agents, unavailable });
  return { plan: allocated, missing: agentsMissing(allocated, { unavailable }) };
}
