import type { TaskOrder } from '../../contract/orders.js';
import type { TaskError, Usage } from '../../contract/task.js';

/** What has come of an attempt whose conversation is to be led. */
export type Begun =
  | {
      kind: 'ready';
      /** The transcript of an earlier attempt, which goes on; null for a new one. */
      head: string | null;
      /** Where the first message is kept. */
      brief: string;
      /** What the agent may use of turns and of money; `turns` is of the whole transcript. */
      maxTurns: number;
      maxCostUsd: number | null;
    }
  /** There is nothing to be said: what is left is done by the task's own activity, or it waits for its account. */
  | { kind: 'over' };

/** What a call adds: content that is kept under a digest, or a short text itself. */
export interface CallEntry {
  id: string;
  content: { ref: string; as: 'text' | 'result' } | { text: string } | { call: string; tool: string; error: string };
}

export interface CallOrder {
  order: TaskOrder;
  head: string | null;
  turn: number;
  entries: CallEntry[];
}

export type Called =
  | {
      kind: 'answered';
      head: string;
      calls: { id: string; tool: string }[];
      usage: Usage;
    }
  /** The entries are in the transcript all the same, so that it can go on with them. */
  | { kind: 'failed'; head: string | null; error: TaskError; resetsAt?: number };

export interface ToolOrder {
  order: TaskOrder;
  /** The transcript whose last entry is the answer that holds the call. */
  head: string;
  call: string;
}

export interface ToolDone {
  /** Where the result is kept. */
  ref: string;
  denied?: { tool: string; input: string };
}
