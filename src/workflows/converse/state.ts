import { CancellationScope } from '@temporalio/workflow';
import type { Begun, CallEntry } from '../../activities/conversation/types.js';
import type { TalkEnd, TaskOrder } from '../../contract/orders.js';
import type { GraphNode } from '../../contract/plan.js';
import type { Usage } from '../../contract/task.js';
import { createSession, type SessionState } from '../../session/state.js';
import type { TaskPlace } from '../activities.js';

export interface TalkInput {
  v: 1;
  order: TaskOrder;
  node: GraphNode;
  place: TaskPlace;
}

/** A conversation under way. Who may call the model is the session's to say; this carries it out. */
export interface Talk {
  input: TalkInput;
  session: SessionState;
  begun: (Begun & { kind: 'ready' }) | undefined;
  /** End of the transcript. */
  head: string | null;
  /** Contents that stand in no artifact, by the id of their entry. */
  contents: Map<string, CallEntry['content']>;
  /** Holds all that is under way. */
  scope: CancellationScope;
  calls: Map<number, CancellationScope>;
  /** Calls of the model and runs of its tools that have not ended. */
  open: number;
  steps: number;
  turns: number;
  usage: Usage | null;
  denials: TalkEnd['denials'];
  how: TalkEnd['how'] | undefined;
  /** Holds what is made of its end. */
  ending: CancellationScope;
}

export const createTalk = (input: TalkInput): Talk => ({
  input,
  session: createSession(`${input.order.request}/${input.order.task}`),
  begun: undefined,
  head: null,
  contents: new Map(),
  scope: new CancellationScope({ cancellable: true }),
  calls: new Map(),
  open: 0,
  steps: 0,
  turns: 0,
  usage: null,
  denials: [],
  how: undefined,
  ending: new CancellationScope({ cancellable: true }),
});

/** The first end counts; whatever is under way is not wanted any more. */
export function endTalk(talk: Talk, how: TalkEnd['how']): void {
  if (talk.how) return;
  talk.how = how;
  talk.scope.cancel();
}
