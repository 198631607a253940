import type { AgentEnd, Runtime } from '../../agents/runtimes/port.js';
import { Transcript } from '../../agents/runtimes/transcript.js';
import { LIMITS } from '../../contract/limits.js';
import type { Execution } from '../executors/execution.js';
import { lastText, transcript } from './transcript.js';

/** The end of an attempt that was a conversation: a workflow has led it, so that nothing runs here. */
export const talkRuntime =
  ({ deps, order }: Pick<Execution, 'deps' | 'order'>): Runtime =>
  async ({ env }): Promise<AgentEnd> => {
    const { talk } = order;
    // Its account was limited when the conversation was to begin, and is not any more.
    if (!talk) return { ...NOTHING, kind: 'failed', error: HELD, resetsAt: Date.now() + LIMITS.usageLimitLeastMs };
    const { head, how, usage, turns, denials } = talk;
    const lines = new Transcript(env);
    const shown = denials.map(({ tool, input }) => ({ tool: lines.line(tool), input: lines.line(input) }));
    const text = lines.answer(lastText(await transcript(deps.artifacts, head)));
    const told = { session: head, usage, turns, denials: shown, tail: '' };
    if (how.kind === 'done') return { ...told, kind: 'done', text };
    return { ...told, ...how, tail: text.slice(0, LIMITS.outputPreviewBytes) };
  };

const HELD = { code: 'usage_limit' as const, message: 'the account was limited when it was to begin' };
const NOTHING = { session: null, usage: null, turns: 0, denials: [], tail: '' };
