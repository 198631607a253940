import { callModel } from '../../agents/model/call.js';
import { modelFailure } from '../../agents/model/errors.js';
import type { Content } from '../../agents/model/messages.js';
import { redact } from '../../agents/process/redact.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { TaskOrder } from '../../contract/orders.js';
import { Context } from '../../sdk/activity.js';
import type { Deps } from '../deps.js';
import type { Execution } from '../executors/execution.js';
import { performStep } from '../perform.js';
import { modelPlace, type ModelPlace } from './provider.js';
import { rightsOf } from './may-call.js';
import { offeredTools } from './tools.js';
import { append, messages, transcript } from './transcript.js';
import type { Called, CallEntry, CallOrder } from './types.js';

/**
 * One call of the model. What it is told and what it answered go into the transcript outside of the history, of which this gives the new end.
 * An API that is overloaded is asked again by Temporal, a few times.
 */
export const callConversation = (deps: Deps, given: CallOrder): Promise<Called> =>
  performStep(deps, given.order, async (execution): Promise<Called> => {
    const { allocation } = execution.task;
    if (!allocation) throw new BatonError('internal', `no agent was found for task ${execution.task.id}`);
    const { agent, permission } = allocation;
    const place = modelPlace(execution, agent);
    const contents = await Promise.all(given.entries.map((entry) => contentOf(deps, entry)));
    const told = await append(
      deps.artifacts,
      given.head,
      given.entries.map(({ id }, i) => ({
        id,
        turn: given.turn,
        content: contents[i] as Content,
      })),
    );
    await keepReferences(deps, given.order, told.added);
    const rights = rightsOf(permission);
    execution.beat.note = `turn ${given.turn}: ${place.model}`;
    try {
      const { usage, ...answer } = await callModel({
        ...place,
        system: agent.prompt,
        messages: messages(await transcript(deps.artifacts, told.head)),
        tools: offeredTools(rights),
        signal: execution.signal,
      });
      const content: Content = { kind: 'answer', ...answer };
      const entry = { id: `answer/${given.turn}`, turn: given.turn, content };
      const { head, added } = await append(deps.artifacts, told.head, [entry]);
      await keepReferences(deps, given.order, added);
      const calls = answer.calls.map(({ id, tool }) => ({ id, tool: tool.slice(0, LIMITS.taskIdChars) }));
      return { kind: 'answered', head: head ?? '', calls, usage };
    } catch (error) {
      return failed(execution, { error, place, head: told.head });
    }
  });

function failed(
  { signal }: Execution,
  { error, place, head }: { error: unknown; place: ModelPlace; head: string | null },
): Called {
  if (signal.aborted || error instanceof BatonError) throw error;
  const { error: told, resetsAt, isPassing } = modelFailure(error, Date.now());
  const message = redact(told.message, place.key === undefined ? [] : [place.key]).slice(0, LIMITS.errorTextBytes);
  if (isPassing && Context.current().info.attempt < LIMITS.modelCallAttempts)
    throw new BatonError('model_unavailable', message);
  return { kind: 'failed', head, error: { ...told, message }, ...(resetsAt === undefined ? {} : { resetsAt }) };
}

async function contentOf(deps: Deps, { content }: CallEntry): Promise<Content> {
  if ('text' in content) return { kind: 'said', text: content.text };
  if ('error' in content) {
    const { call, tool, error } = content;
    return { kind: 'result', call, tool, text: error, isError: true };
  }
  const text = await deps.artifacts.getText(content.ref);
  return content.as === 'result' ? (JSON.parse(text) as Content) : { kind: 'said', text };
}

/** No clean-up takes what is named in a request's folder. */
async function keepReferences(deps: Deps, { request, task }: TaskOrder, digests: readonly string[]): Promise<void> {
  if (digests.length > 0) await deps.files.addReferences(request, { task, digests });
}
