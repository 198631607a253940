import type { Outcome } from '../contract/phase.js';
import { ENDED_STATES } from '../contract/task.js';
import { endBudget } from './budget.js';
import type { Engine } from './model.js';
import type { Command } from './events.js';
import { fire } from './phases.js';
import { openSubmissions } from './submissions.js';
import { forgetLimits } from './usage-limits.js';

/** Once every task has ended, the request completes: its outcome is set once, and the shell is told to write it down. */
export function conclude(engine: Engine, at: number, commands: Command[]): void {
  const { state, index, graph } = engine;
  if (state.phase !== 'MONITORING' || state.plan === null || state.outcome !== null) return;
  const ended = ENDED_STATES.reduce((sum, name) => sum + index.counts[name], 0);
  if (ended < graph.nodes.length || openSubmissions(engine).length > 0) return;
  state.outcome = outcomeOf(engine);
  state.endedAt = at;
  forgetLimits(engine, commands);
  endBudget(engine, commands);
  fire(state, 'complete', { at, commands, data: { outcome: state.outcome } });
}

/**
 * complete: every task completed or skipped by choice. cancelled: somebody cancelled, and something was lost by it. partial: something that
 * the user asked for was delivered. Otherwise failed.
 */
function outcomeOf(engine: Engine): Outcome {
  const { state, index, graph } = engine;
  let lost = 0;
  let delivered = false;
  graph.nodes.forEach((node, task) => {
    // What came of a repair shows in the task that it was for.
    if (node.repairs !== undefined) return;
    const status = index.status[task];
    if (status === 'failed' || status === 'cancelled') lost += 1;
    if (status === 'completed' && node.delivers) delivered = true;
    const reason = state.details[task]?.reason;
    if (status === 'skipped' && reason !== 'choice' && reason !== 'person') lost += 1;
  });
  if (lost === 0) return 'complete';
  if (state.cancel) return 'cancelled';
  return delivered ? 'partial' : 'failed';
}
