import type { TaskWait } from '../contract/view.js';
import { LIMITS } from '../contract/limits.js';
import type { Engine } from '../engine/model.js';
import { statusOf } from '../engine/moves.js';
import { heldBy } from '../engine/touches.js';
import { limitOf } from '../engine/usage-limits.js';
import { isoTime } from './iso-time.js';

/** Which limit holds a ready task back: the first that would refuse it, asked in the order in which the engine asks. Undefined where none does. */
export function waitOf(engine: Engine, task: number): TaskWait | undefined {
  const { state, index, graph } = engine;
  const node = graph.nodes[task];
  const limit = limitOf(engine, task);
  if (limit)
    return { kind: 'usageLimit', runtime: limit.runtime, since: isoTime(limit.since), until: isoTime(limit.until) };
  const status = statusOf(engine, task);
  const lease = state.details[task]?.lease;
  if (node?.resources && status === 'waiting' && lease?.held === false)
    return { kind: 'resource', resources: Object.keys(node.resources) };
  if (!node || node.kind === 'decision' || (status !== 'ready' && status !== 'queued')) return undefined;
  const hold = heldBy(engine, task);
  if (hold) {
    const touches = (node.touches ?? []).slice(0, LIMITS.touchesShown);
    return { kind: 'touches', task: graph.nodes[hold.task]?.id ?? '', runs: hold.kind === 'running', touches };
  }
  if (state.paused || state.cancel || state.stopped) return undefined;
  if (node.kind === 'agent' && state.budget?.cap) return { kind: 'budget' };
  const agents = state.settings.maxAgents ?? LIMITS.hostProcesses;
  if (node.kind === 'agent' && index.runningAgents >= agents) return { kind: 'maxProcesses', limit: agents };
  const slots = Math.min(state.settings.maxParallel, LIMITS.parallelTasksMax);
  return index.counts.running >= slots ? { kind: 'maxParallel', limit: slots } : undefined;
}

/** As people read it, beside the task. */
export function waitText(wait: TaskWait): string {
  switch (wait.kind) {
    case 'usageLimit':
      return `waits for the usage limit of ${wait.runtime} until ${hourOf(wait)}`;
    case 'touches': {
      const [first = '', ...more] = wait.touches;
      const globs = `${first.slice(0, 60)}${more.length > 0 ? ', …' : ''}`;
      return `waits ${wait.runs ? 'for' : 'behind'} ${wait.task} (touches ${globs})`;
    }
    case 'resource':
      return `waits for ${wait.resources.join(', ')}`;
    case 'budget':
      return 'waits for the budget';
    case 'maxProcesses':
      return `${wait.limit} agents work at once (maxProcesses)`;
    case 'maxParallel':
      return `${wait.limit} ${wait.limit === 1 ? 'task runs' : 'tasks run'} at once (maxParallel)`;
    case 'host':
      return wait.agents ? 'waits for a free process of its host (maxProcesses)' : 'waits for a worker of its host';
  }
}

/** The hour, as people would say it, where it is one of the same day; else the day. */
function hourOf({ since, until }: { since: string; until: string }): string {
  const [day = '', time = ''] = until.split('T');
  return since.startsWith(day) ? `${time.slice(0, 5)} UTC` : day;
}
