import { LIMITS } from '../../contract/limits.js';
import type { Entry } from '../../session/state.js';
import { stepActivities } from './activities.js';
import type { Talk } from './state.js';

interface Wanted {
  turn: number;
  /** The transcript whose last entry is the answer with these calls. */
  head: string;
  calls: readonly { id: string; tool: string }[];
}

type Result = Omit<Entry, 'turn'>;

/** Carries out what an answer calls, one after the other, as the model gave them; undefined where the conversation has ended meanwhile. */
export async function runTools(talk: Talk, { turn, head, calls }: Wanted): Promise<Result[] | undefined> {
  const results: Result[] = [];
  for (const [i, { id: call, tool }] of calls.entries()) {
    const id = `result/${turn}/${i}`;
    if (i >= LIMITS.toolCallsPerAnswer) {
      const error = `not carried out: more than ${LIMITS.toolCallsPerAnswer} calls in one answer`;
      talk.contents.set(id, { call, tool, error });
      results.push({ id, kind: 'tool-result', ref: '' });
      continue;
    }
    results.push({ id, kind: 'tool-result', ref: await runTool(talk, { head, call, tool }) });
  }
  return talk.how ? undefined : results;
}

/** What it throws ends the conversation. */
async function runTool(
  talk: Talk,
  { head, call, tool }: { head: string; call: string; tool: string },
): Promise<string> {
  const { order } = talk.input;
  talk.steps += 1;
  const activities = stepActivities(talk.input, tool === 'Bash' ? 'command' : 'tool', tool);
  const { ref, denied } = await talk.scope.run(() => activities.callTool({ order, head, call }));
  if (denied) talk.denials.push(denied);
  return ref;
}
