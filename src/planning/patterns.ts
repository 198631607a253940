import { BatonError } from '../contract/errors.js';
import type { PlanDraft } from '../contract/plan.js';
import { agentPlan } from './playbooks/agent-plan.js';
import type { Material } from './playbooks/material.js';
import { qualityAnalysis } from './playbooks/quality-analysis.js';

/** What the planner makes of a request. */
export interface PlanProposal {
  draft: PlanDraft;
  /** The pattern that the plan follows; null for one agent task and checks. */
  pattern: string | null;
  /** Whether a person must see the plan before it runs. */
  needsApproval: boolean;
}

/** Playbooks that are built in, by name. */
const PLAYBOOKS: Record<string, (material: Material) => PlanDraft> = {
  'quality-analysis': qualityAnalysis,
};

/**
 * The plan for a request without a plan of its own: the playbook that it names, else that of its best pattern, else one agent task followed by the
 * project's checks. Throws BatonError `bad_input` for a playbook that does not exist.
 */
export function planFor(material: Material): PlanProposal {
  const { analysis, request } = material;
  const name = request.playbook ?? analysis.patterns[0]?.playbook ?? null;
  const playbook = name !== null && Object.hasOwn(PLAYBOOKS, name) ? PLAYBOOKS[name] : undefined;
  if (playbook) return { draft: playbook(material), pattern: name, needsApproval: false };
  if (request.playbook !== undefined) {
    const known = Object.keys(PLAYBOOKS).join(', ');
    throw new BatonError('bad_input', `playbook: there is no playbook "${request.playbook}"`, {
      path: 'playbook',
      hint: `the playbooks are: ${known}`,
    });
  }
  return { draft: agentPlan(material), pattern: null, needsApproval: true };
}
