import type { Json } from '../contract/json.js';
import { LIMITS } from '../contract/limits.js';
import type { Phase, Trigger } from '../contract/phase.js';
import type { Command } from './events.js';
import type { EngineState } from './state.js';

/** The legal transitions of a request (INT-3); `error` is legal from everywhere. */
export const PHASE_TRANSITIONS: Record<Trigger, { from: Phase; to: Phase } | { from: '*'; to: Phase }> = {
  start: { from: 'IDLE', to: 'ANALYZING' },
  plan: { from: 'ANALYZING', to: 'PLANNING' },
  execute: { from: 'PLANNING', to: 'EXECUTING' },
  monitor: { from: 'EXECUTING', to: 'MONITORING' },
  escalate: { from: 'MONITORING', to: 'ESCALATING' },
  user_response: { from: 'ESCALATING', to: 'EXECUTING' },
  complete: { from: 'MONITORING', to: 'COMPLETING' },
  finish: { from: 'COMPLETING', to: 'IDLE' },
  error: { from: '*', to: 'ERROR' },
  recover: { from: 'ERROR', to: 'IDLE' },
};

type PhaseAction = (state: EngineState, commands: Command[]) => void;

/** What entering and leaving a phase does, whatever led there. */
export const PHASE_ACTIONS: Record<Phase, { entry?: PhaseAction; exit?: PhaseAction }> = {
  IDLE: {
    entry: (state, commands) => {
      if (state.outcome !== null) commands.push({ kind: 'finish' });
    },
  },
  ANALYZING: { entry: (_, commands) => void commands.push({ kind: 'analyze' }) },
  PLANNING: { entry: (_, commands) => void commands.push({ kind: 'plan' }) },
  EXECUTING: {},
  MONITORING: {},
  ESCALATING: {},
  COMPLETING: { entry: (_, commands) => void commands.push({ kind: 'conclude' }) },
  ERROR: { exit: (state) => void (state.error = null) },
};

export interface Firing {
  at: number;
  commands: Command[];
  /** Kept with the transition, and merged into the data of the request. */
  data?: Record<string, Json>;
}

/** Fires a trigger. An illegal one is counted, changes nothing else, and gives false. */
export function fire(state: EngineState, trigger: Trigger, { at, commands, data = {} }: Firing): boolean {
  const { from, to } = PHASE_TRANSITIONS[trigger];
  if (from !== '*' && from !== state.phase) {
    state.illegalTriggers += 1;
    return false;
  }
  PHASE_ACTIONS[state.phase].exit?.(state, commands);
  state.transitions.push({ from: state.phase, to, trigger, at, data });
  if (state.transitions.length > LIMITS.phaseHistoryEntries) state.transitions.splice(1, 1);
  state.phase = to;
  Object.assign(state.data, data);
  PHASE_ACTIONS[to].entry?.(state, commands);
  return true;
}
