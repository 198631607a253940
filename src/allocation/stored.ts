import type { AgentDefinition, Candidate } from '../contract/agent.js';
import type { Permission } from '../contract/mode.js';
import type { Plan, PlanTask } from '../contract/plan.js';

/** A plan as it is kept: what its tasks share stands in it once, and they name it by position. */
export interface StoredPlan extends Omit<Plan, 'tasks'> {
  agents?: AgentDefinition[];
  permissions?: Permission[];
  weighings?: Candidate[][];
  tasks: (Omit<PlanTask, 'allocation'> & {
    allocation?: { agent: number; permission: number; why: string; candidates: number };
  })[];
}

/** The form in which a plan is kept, and whose digest names it: twenty thousand tasks do not repeat their agents' prompts. */
export function toStored(plan: Plan): StoredPlan {
  const agents = positions<AgentDefinition>();
  const permissions = positions<Permission>();
  const weighings = positions<Candidate[]>();
  const tasks = plan.tasks.map(({ allocation, ...task }) =>
    allocation
      ? {
          ...task,
          allocation: {
            agent: agents.of(allocation.agent),
            permission: permissions.of(allocation.permission),
            why: allocation.why,
            candidates: weighings.of(allocation.candidates),
          },
        }
      : task,
  );
  if (agents.all.length === 0) return { ...plan, tasks };
  return { ...plan, tasks, agents: agents.all, permissions: permissions.all, weighings: weighings.all };
}

/** The inverse of `toStored`. */
export function fromStored({ agents = [], permissions = [], weighings = [], tasks, ...plan }: StoredPlan): Plan {
  return {
    ...plan,
    tasks: tasks.map(({ allocation, ...task }) => {
      const agent = allocation && agents[allocation.agent];
      const permission = allocation && permissions[allocation.permission];
      if (!agent || !permission) return task;
      return {
        ...task,
        allocation: { agent, permission, why: allocation.why, candidates: weighings[allocation.candidates] ?? [] },
      };
    }),
  };
}

/** Items in the order in which they were met, each once; equality is identity. */
function positions<T>(): { all: T[]; of(item: T): number } {
  const known = new Map<T, number>();
  const all: T[] = [];
  return {
    all,
    of(item) {
      const position = known.get(item) ?? all.push(item) - 1;
      known.set(item, position);
      return position;
    },
  };
}
