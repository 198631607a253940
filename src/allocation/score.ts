import type { AgentDefinition, Candidate } from '../contract/agent.js';
import type { Wants } from './wants.js';

/** Shares of the score (ALO-2). */
export const WEIGHTS = { capability: 0.4, load: 0.3, performance: 0.2, specialization: 0.1 } as const;

export interface Circumstances {
  /** Tasks that each agent has at the same time, by name; 0 where it is not in it. */
  loads: ReadonlyMap<string, number>;
  /** What an agent lacks to be run here, by name. */
  unavailable: ReadonlyMap<string, string>;
}

/** Every agent as a candidate for what a task wants: those that can be chosen first, then by score, then by name. */
export function candidatesFor(wants: Wants, agents: readonly AgentDefinition[], given: Circumstances): Candidate[] {
  return agents.map((agent) => candidateOf(agent, wants, given)).sort(compareCandidates);
}

const compareCandidates = (a: Candidate, b: Candidate): number =>
  Number(a.excluded !== undefined) - Number(b.excluded !== undefined) ||
  b.score - a.score ||
  (a.agent < b.agent ? -1 : 1);

function candidateOf(agent: AgentDefinition, wants: Wants, given: Circumstances): Candidate {
  const { wanted, specializations } = wants;
  const load = given.loads.get(agent.name) ?? 0;
  const matched = wanted.filter((capability) => agent.capabilities.includes(capability)).length;
  const parts = {
    capability: share(WEIGHTS.capability, wanted.length === 0 ? 1 : matched / wanted.length),
    load: share(WEIGHTS.load, 1 - load / agent.maxLoad),
    // Nothing is known of earlier work yet.
    performance: share(WEIGHTS.performance, 0),
    specialization: share(WEIGHTS.specialization, specializations.includes(agent.specialization) ? 1 : 0),
  };
  const score = rounded(parts.capability + parts.load + parts.performance + parts.specialization);
  const excluded = exclusionOf(agent, wants, { load, matched, unavailable: given.unavailable.get(agent.name) });
  return { agent: agent.name, score, parts, ...(excluded === undefined ? {} : { excluded }) };
}

function exclusionOf(
  agent: AgentDefinition,
  { required, wanted }: Wants,
  { load, matched, unavailable }: { load: number; matched: number; unavailable: string | undefined },
): string | undefined {
  const lacking = required.filter((capability) => !agent.capabilities.includes(capability));
  if (lacking.length > 0) return `lacks ${lacking.join(', ')}`;
  if (wanted.length > 0 && matched === 0) return `has nothing of ${wanted.join(', ')}`;
  if (load >= agent.maxLoad) return `has its ${agent.maxLoad} tasks at once`;
  return unavailable === undefined ? undefined : `needs ${unavailable}`;
}

/** Four digits, so that equal scores are equal whatever they were summed from. */
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

const share = (weight: number, value: number): number => rounded(weight * Math.min(1, Math.max(0, value)));
