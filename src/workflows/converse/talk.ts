import { CancellationScope, log } from '@temporalio/workflow';
import type { Begun, Called } from '../../activities/conversation/types.js';
import { LIMITS } from '../../contract/limits.js';
import type { Usage } from '../../contract/task.js';
import type { SessionCommand, SessionEventBody, SessionReply } from '../../session/events.js';
import type { Entry } from '../../session/state.js';
import { step } from '../../session/step.js';
import { isCancellation, taskErrorOf } from '../failures.js';
import { stepActivities } from './activities.js';
import { endTalk, type Talk } from './state.js';
import { runTools } from './tools.js';

/** The first wish: the task itself, or to go on where an earlier attempt was held up. */
export function beginTalk(talk: Talk, begun: Begun & { kind: 'ready' }): void {
  talk.begun = begun;
  talk.head = begun.head;
  talk.contents.set('brief', { ref: begun.brief, as: 'text' });
  goOn(talk, 1, [{ id: 'brief', kind: 'brief', ref: begun.brief }]);
}

/** The parent's continuation: it wants the model to be called with these. */
function goOn(talk: Talk, turn: number, additions: Omit<Entry, 'turn'>[]): void {
  const { session } = talk;
  const ask = {
    kind: 'ask',
    session: session.session,
    wish: 'parent-continuation',
    by: talk.input.node.agent,
  } as const;
  const reply = post(talk, { ...ask, turn, additions });
  if (reply.kind === 'refused')
    endTalk(talk, { kind: 'failed', error: { code: 'agent_failed', message: `it cannot go on: ${reply.why}` } });
}

export function post(talk: Talk, body: SessionEventBody): SessionReply {
  const { commands, reply } = step(talk.session, { at: Date.now(), ...body });
  for (const command of commands) PORTS[command.kind](talk, command as never);
  return reply;
}

const PORTS: { [K in SessionCommand['kind']]: (talk: Talk, command: SessionCommand & { kind: K }) => void } = {
  call: (talk, command) => void callModel(talk, command),
  // The holder is an activity: Temporal hears of its death by the missing heartbeat, and brings it again under the same grant.
  lease: () => undefined,
  abandon: (talk, { fence }) => talk.calls.get(fence)?.cancel(),
  'give-up': (talk, { turn }) =>
    endTalk(talk, {
      kind: 'failed',
      error: { code: 'model_unavailable', message: `every call of turn ${turn} was lost` },
    }),
  alert: (talk, { nearMisses }) =>
    log.warn(`${nearMisses} times somebody asked for the model while it was being called`, {
      task: talk.input.node.id,
    }),
};

async function callModel(talk: Talk, { fence, turn, entries }: SessionCommand & { kind: 'call' }): Promise<void> {
  const scope = new CancellationScope({ cancellable: true, parent: talk.scope });
  talk.calls.set(fence, scope);
  talk.open += 1;
  post(talk, { kind: 'hold', fence, leaseMs: LIMITS.sessionLeaseMs });
  try {
    const { order } = talk.input;
    const told = entries.map(({ id, ref }) => ({
      id,
      content: talk.contents.get(id) ?? { ref, as: 'result' as const },
    }));
    const called = await scope.run(() =>
      stepActivities(talk.input, 'call', `turn ${turn}`).callConversation({
        order,
        head: talk.head,
        turn,
        entries: told,
      }),
    );
    await answered(talk, { fence, turn }, called);
  } catch (error) {
    if (!isCancellation(error)) endTalk(talk, { kind: 'failed', error: taskErrorOf(error) });
  } finally {
    talk.calls.delete(fence);
    talk.open -= 1;
  }
}

async function answered(talk: Talk, { fence, turn }: { fence: number; turn: number }, called: Called): Promise<void> {
  if (called.kind === 'failed') {
    talk.head = called.head;
    const { error, resetsAt } = called;
    return endTalk(talk, { kind: 'failed', error, ...(resetsAt === undefined ? {} : { resetsAt }) });
  }
  const { head, calls, usage } = called;
  const before = talk.head;
  // What is granted by the answer goes on from it.
  talk.head = head;
  count(talk, usage);
  const owes = calls.length > 0;
  const isOver = overLimit(talk);
  if (isOver !== undefined && owes)
    return endTalk(talk, { kind: 'failed', error: { code: 'agent_failed', message: isOver } });
  const answer = { id: `answer/${turn}`, kind: 'answer' as const, ref: head };
  if (post(talk, { kind: 'answer', fence, turn, answer, owes }).kind === 'refused') {
    talk.head = before;
    return;
  }
  for (const entry of talk.session.transcript) if (entry.turn === turn) talk.contents.delete(entry.id);
  if (owes) {
    const additions = await runTools(talk, { turn, head, calls });
    if (additions) goOn(talk, turn + 1, additions);
  } else if (!talk.session.holder) endTalk(talk, { kind: 'done' });
}

function count(talk: Talk, { usd, inputTokens, outputTokens }: Usage): void {
  const sum = talk.usage ?? { usd: 0, inputTokens: 0, outputTokens: 0 };
  talk.usage = {
    usd: sum.usd + usd,
    inputTokens: sum.inputTokens + inputTokens,
    outputTokens: sum.outputTokens + outputTokens,
  };
  talk.turns += 1;
}

/** Why it may not go on; undefined where it may. */
function overLimit({ begun, turns, steps, usage }: Talk): string | undefined {
  if (begun && turns >= begun.maxTurns) return `it has used its ${begun.maxTurns} turns`;
  if (steps >= LIMITS.conversationSteps) return `it has used its ${LIMITS.conversationSteps} calls`;
  const cost = begun?.maxCostUsd;
  return cost != null && (usage?.usd ?? 0) >= cost ? `it has used up the ${cost} USD that it may cost` : undefined;
}
