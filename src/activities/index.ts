import type { TaskOrder } from '../contract/orders.js';
import type { TaskResult } from '../contract/task.js';
import { analyze } from './analyze.js';
import { audit } from './audit.js';
import { withBeat } from './beat.js';
import { conclude } from './conclude.js';
import { beginConversation } from './conversation/begin.js';
import { callConversation } from './conversation/call.js';
import { callTool } from './conversation/tool.js';
import type { Deps } from './deps.js';
import { extend } from './extend.js';
import { guarded } from './failures.js';
import { intake } from './intake.js';
import { askLease, goneHolders } from './leases.js';
import { perform } from './perform.js';
import { graph, plan } from './plan.js';
import { recall, save } from './saves.js';

const light = <I, O>(deps: Deps, activity: (deps: Deps, input: I) => Promise<O>): ((input: I) => Promise<O>) =>
  guarded(deps, (given, input) => withBeat(() => activity(given, input)));

/**
 * The effects of a request. Each throws only what Temporal may retry, or an ApplicationFailure whose type is a code of the error table.
 * Tasks run under the activity type that names what they do (`command:npm`); the worker's `default` handler takes them all.
 */
export function createActivities(deps: Deps) {
  return {
    intake: light(deps, intake),
    analyze: light(deps, analyze),
    plan: light(deps, plan),
    graph: light(deps, graph),
    extend: light(deps, extend),
    audit: light(deps, audit),
    save: light(deps, save),
    recall: light(deps, recall),
    conclude: light(deps, conclude),
    beginConversation: guarded(deps, beginConversation),
    callConversation: guarded(deps, callConversation),
    callTool: guarded(deps, callTool),
    askLease: light(deps, askLease),
    goneHolders: light(deps, goneHolders),
  };
}

export const createTaskActivity = (deps: Deps): ((order: TaskOrder) => Promise<TaskResult>) => guarded(deps, perform);

export type Activities = ReturnType<typeof createActivities>;
