import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import { sequenceMermaid, sequenceText } from '../../src/session/draw.js';
import type { SessionEventBody, SessionStep } from '../../src/session/events.js';
import { createSession, type SessionState } from '../../src/session/state.js';
import { step } from '../../src/session/step.js';

let at = 0;
const post = (state: SessionState, body: SessionEventBody): SessionStep => step(state, { at: (at += 10), ...body });
const says = (id: string, session = 's1'): SessionEventBody => ({
  kind: 'ask',
  session,
  wish: 'user-message',
  by: 'user',
  additions: [{ id, kind: 'user-message', ref: id }],
});
const completes = (id: string): SessionEventBody => ({
  kind: 'ask',
  session: 's1',
  wish: 'child-completion',
  by: id,
  additions: [{ id: `child/${id}`, kind: 'child-message', ref: id }],
});
const continues = (turn: number, ...ids: string[]): SessionEventBody => ({
  kind: 'ask',
  session: 's1',
  wish: 'parent-continuation',
  by: 'parent',
  turn,
  additions: ids.map((id) => ({ id, kind: 'tool-result', ref: id })),
});
const answers = (turn: number, fence: number, owes = false): SessionEventBody => ({
  kind: 'answer',
  fence,
  turn,
  answer: { id: `answer/${turn}`, kind: 'answer', ref: 'a' },
  owes,
});
const begun = (): SessionState => {
  const state = createSession('s1');
  post(state, continues(1, 'brief'));
  return state;
};

describe('the baton of a conversation', () => {
  it('joins what all three want at once into one call, in the order of asking', () => {
    const state = begun();
    post(state, answers(1, 1, true));
    for (const ask of [completes('c1'), says('m1')]) expect(post(state, ask).commands).toEqual([]);
    const { commands } = post(state, continues(2, 'result'));
    const [call] = commands;
    expect(call).toMatchObject({ kind: 'call', turn: 2, fence: 2, by: 'parent' });
    expect(call?.kind === 'call' && call.entries.map(({ id }) => id)).toEqual(['result', 'child/c1', 'm1']);
    expect(post(state, continues(2)).reply).toEqual({ kind: 'joined', turn: 2 });
    expect(post(state, answers(2, 2)).commands).toEqual([]);
  });

  it('calls nothing for a completion alone', () => {
    const state = begun();
    post(state, answers(1, 1));
    expect(post(state, completes('c1')).commands).toEqual([]);
    expect(post(state, completes('c1')).reply).toEqual({ kind: 'unchanged' });
    expect(post(state, continues(2)).commands[0]).toMatchObject({ kind: 'call', turn: 2 });
  });

  it('takes it from a holder of which nothing is heard, and refuses what that one says later', () => {
    const state = begun();
    const early = step(state, { at: at + 1, kind: 'lease', fence: 1 });
    expect(early.commands).toMatchObject([{ kind: 'lease', fence: 1 }]);
    const { commands } = step(state, { at: (at += LIMITS.sessionLeaseMs + 1), kind: 'lease', fence: 1 });
    expect(commands.slice(0, 2)).toMatchObject([
      { kind: 'abandon', fence: 1 },
      { kind: 'call', fence: 2, turn: 1 },
    ]);
    expect(post(state, answers(1, 1)).reply.kind).toBe('refused');
    expect(post(state, answers(1, 2)).reply.kind).toBe('accepted');
  });

  it('gives up a turn whose holders are lost again and again', () => {
    const state = begun();
    let last = post(state, { kind: 'release', fence: 1, why: 'lost' });
    for (let fence = 2; fence <= LIMITS.sessionGrantsPerTurn; fence += 1)
      last = post(state, { kind: 'release', fence, why: 'lost' });
    expect(last.commands.at(-1)).toEqual({ kind: 'give-up', turn: 1 });
    expect(post(state, says('m1')).reply.kind).toBe('refused');
  });

  it('refuses another session, an answered turn, and a continuation without the results', () => {
    const state = begun();
    expect(post(state, says('m1', 's2')).reply.kind).toBe('refused');
    post(state, answers(1, 1, true));
    expect(post(state, continues(1, 'x')).reply.kind).toBe('refused');
    expect(post(state, continues(3, 'x')).reply.kind).toBe('refused');
    expect(post(state, continues(2)).reply.kind).toBe('refused');
    expect(post(state, continues(2, 'x')).reply.kind).toBe('accepted');
  });

  it('counts who asked while it was held, and tells it as an alert', () => {
    const state = begun();
    const alerts: unknown[] = [];
    for (let n = 1; n <= 2 * LIMITS.sessionNearMissAlert; n += 1)
      alerts.push(...post(state, says(`m${n}`)).commands.filter(({ kind }) => kind === 'alert'));
    expect(state.nearMisses).toBe(2 * LIMITS.sessionNearMissAlert);
    expect(alerts).toHaveLength(2);
  });

  it('has bounds on what waits, what it keeps of the sequence, and what the transcript holds', () => {
    const state = begun();
    for (let n = 0; n < LIMITS.sessionWishes; n += 1) post(state, says(`m${n}`));
    expect(post(state, says('over')).reply.kind).toBe('refused');
    for (let n = 0; n < LIMITS.sessionLogEntries; n += 1) post(state, { kind: 'hold', fence: 1, leaseMs: 1000 });
    expect(state.log).toHaveLength(LIMITS.sessionLogEntries);
    expect(state.log[0]?.n).toBe(state.logDropped + 1);
  });
});

describe('the sequence', () => {
  const state = begun();
  post(state, { kind: 'hold', fence: 1, leaseMs: 1000 });
  post(state, { ...says('m1'), by: 'eve;\n"<b>' } as SessionEventBody);
  post(state, answers(1, 1));

  it('is drawn as text', () => {
    const text = sequenceText(state);
    expect(text).toContain('turn 1, grant 1: parent calls the model');
    expect(text).toContain('near misses: 1');
    expect(text.trim().split('\n')).toHaveLength(1 + state.log.length);
  });

  it('is drawn as Mermaid, in which a name is no markup', () => {
    const mermaid = sequenceMermaid(state);
    expect(mermaid).toContain('sequenceDiagram');
    expect(mermaid).toContain('p0->>model: calls the model, turn 1, grant 1');
    expect(mermaid).not.toMatch(/eve;|<b>/);
  });
});
