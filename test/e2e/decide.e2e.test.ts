import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionView, RequestView } from '../../src/contract/view.js';
import { Installation, until, type Answer } from './crash.js';
import { resultOf, temporalSide } from './temporal.js';

const ENTER = '\r';
const DOWN = '\x1b[B';
const CTRL_C = '\x03';

let place: Installation;
let client: Client;
beforeAll(async () => {
  place = new Installation();
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
  client = await place.client();
});
afterAll(() => place.end());

const { startRaw, query, signal, update, eventsOf, openDecision, detailsOf } = temporalSide(() => place);

const asks = (id: string, more: object = {}, decision: object = {}): object => ({
  id,
  decision: { question: `Do ${id}?`, options: ['yes', 'no'], ...decision },
  ...more,
});

/** Starts a request whose tasks only ask, and comes back once it has asked. */
async function ask(id: string, ...tasks: object[]): Promise<void> {
  await place.submit(id, place.plan(id, { tasks }));
  await openDecision(id);
}

const decisionsOf = async (id: string): Promise<DecisionView[]> =>
  (await client.workflow.getHandle(id).query<{ decisions: DecisionView[] | null }>('decisions')).decisions ?? [];
const decisionOf = async (id: string, local = 'd1'): Promise<DecisionView> =>
  (await decisionsOf(id)).find((decision) => decision.id === `${id}/${local}`)!;

/** What an update is told, by Temporal's client: a typed answer, or a refusal with its code. */
const tell = (id: string, input: object): Promise<{ result: string; message: string }> =>
  client.workflow
    .getHandle(id)
    .executeUpdate<{ result: string; message: string }, [object]>('decide', { args: [input] })
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      const { message, type } = error.cause as Error & { type: string };
      return { result: type, message };
    });

describe('a decision is answered', () => {
  it('in place on a terminal, by baton decide, and by a signal and an update of Temporal, each with who and how', async () => {
    await ask('ways', asks('a'), asks('b'), asks('c'), asks('d'), asks('e'));
    const watch = place.terminal(['watch', 'ways']);
    const shows = (text: string): Promise<true> =>
      until(`"${text}" on the terminal`, () => watch.printed.stdout.includes(text));
    await shows('Do a?');
    await until('the choice', () => /yes[^]*no/.test(watch.printed.stdout.split('Do a?').at(-1) ?? ''));
    watch.stdin?.write(DOWN);
    await sleep(300);
    watch.stdin?.write(ENTER);
    await shows('d1: no');
    // The next question stands on the terminal while it is answered elsewhere.
    await shows('Do b?');
    const told = await place.json<object>(['decide', 'ways/d2', 'yes', '--comment', 'fine']);
    expect(told).toMatchObject({ v: 1, result: 'accepted', message: 'd2: yes' });
    await shows('ways/d2 was answered elsewhere');
    await signal('ways', 'decide', { decisionId: 'd3', choice: 'yes' });
    await signal('ways', 'decide', { decisionId: 'ways/d4', choice: 'yes', by: 'ann', comment: 'ok' });
    expect(resultOf(await update('ways', 'decide', { decisionId: 'd5', choice: 'no' }))).toEqual({
      v: 1,
      result: 'accepted',
      message: 'd5: no',
    });
    expect((await watch.answer).code).toBe(0);
    const { status, decisions } = await place.ended('ways');
    expect(status).toBe('complete');
    const by = userInfo().username;
    expect(decisions.map(({ state, answer }) => ({ state, ...answer, at: '' }))).toEqual([
      { state: 'answered', choice: 'no', comment: '', by, via: 'terminal', at: '' },
      { state: 'answered', choice: 'yes', comment: 'fine', by, via: 'command', at: '' },
      { state: 'answered', choice: 'yes', comment: '', by: 'unnamed', via: 'signal', at: '' },
      { state: 'answered', choice: 'yes', comment: 'ok', by: 'ann', via: 'signal', at: '' },
      { state: 'answered', choice: 'no', comment: '', by: 'unnamed', via: 'update', at: '' },
    ]);
  });

  it('never by Ctrl-C, which at a question too only stops following', async () => {
    await ask('ctrlc', asks('a'), asks('b'));
    const watch = place.terminal(['watch', 'ctrlc']);
    await until('the question', () => /Do a\?[^]*yes[^]*no/.test(watch.printed.stdout));
    watch.stdin?.write(CTRL_C);
    const { code, stdout } = await watch.answer;
    expect(code).toBe(130);
    expect(stdout).toMatch(/stopped following; ctrlc goes on[^]*baton watch ctrlc[^]*baton cancel ctrlc/);
    expect((await decisionsOf('ctrlc')).map(({ state }) => state)).toEqual(['open', 'open']);
    await place.json(['cancel', 'ctrlc']);
  });
});

describe('the same answer a hundred times, and then the opposite one,', () => {
  it('as updates: one counts, 99 are told so, the last is refused', async () => {
    await ask('updates', asks('a'), { id: 'wait', command: ['sleep', '300'] });
    const told = await Promise.all(
      Array.from({ length: 100 }, () => tell('updates', { decisionId: 'd1', choice: 'yes', by: 'ann' })),
    );
    const count = (result: string): number => told.filter((answer) => answer.result === result).length;
    expect([count('accepted'), count('unchanged')]).toEqual([1, 99]);
    expect(new Set(told.map(({ message }) => message))).toEqual(
      new Set(['d1: yes', 'd1 was answered with yes before']),
    );
    const opposite = await tell('updates', { decisionId: 'd1', choice: 'no', by: 'bob' });
    expect(opposite).toEqual({ result: 'refused', message: 'd1 is yes already: it was answered by ann' });
    expect(await decisionOf('updates')).toMatchObject({ state: 'answered', answer: { choice: 'yes', by: 'ann' } });
    const command = await place.baton('decide', 'updates/d1', 'no');
    expect(command).toMatchObject({ code: 6, stderr: expect.stringContaining('d1 is yes already') as string });
  });

  it('as signals: one counts, the last is kept with the decision and shown in the current details', async () => {
    await ask('signals', asks('a'), { id: 'wait', command: ['sleep', '300'] });
    const handle = client.workflow.getHandle('signals');
    for (let sent = 0; sent < 100; sent += 1)
      await handle.signal('decide', { decisionId: 'd1', choice: 'yes', by: 'ann' });
    await handle.signal('decide', { decisionId: 'd1', choice: 'no', by: 'bob' });
    expect(await decisionOf('signals')).toMatchObject({
      state: 'answered',
      answer: { choice: 'yes', by: 'ann', via: 'signal' },
      refused: [{ choice: 'no', by: 'bob', via: 'signal', why: 'd1 is yes already: it was answered by ann' }],
    });
    const details = await detailsOf('signals');
    expect(details).toContain('signal decide refused: d1 is yes already: it was answered by ann');
    const after = (await query<RequestView>('signals', 'state')).tasks.map(({ id, status }) => `${id} ${status}`);
    expect(after).toEqual(['a completed', 'wait running']);
  });
});

describe('an answer that cannot count', () => {
  it('is told why, and changes nothing', async () => {
    await ask('wrong', asks('late', {}, { deadline: '1s', otherwise: 'no' }), asks('open'));
    await until('the deadline', async () => (await decisionOf('wrong')).state === 'expired');
    const before = await decisionsOf('wrong');
    const told = (input: object): Promise<object> => tell('wrong', input);
    expect(await told({ decisionId: 'd9', choice: 'yes' })).toEqual({
      result: 'unknown_id',
      message: 'no decision d9; open: d2',
    });
    expect(await told({ decisionId: 'other/d2', choice: 'yes' })).toMatchObject({ result: 'bad_input' });
    expect(await told({ decisionId: 'd2', choice: 'perhaps' })).toEqual({
      result: 'bad_input',
      message: 'choice: perhaps is not offered; one of yes, no',
    });
    expect(await told({ decisionId: 'd1', choice: 'yes' })).toEqual({
      result: 'refused',
      message: 'd1 is no already: its deadline has passed',
    });
    expect(await told({ decisionId: 'd1', choice: 'no' })).toMatchObject({ result: 'unchanged' });
    expect(await told({ decisionId: 'd2' })).toEqual({ result: 'bad_input', message: 'choice: expected a text' });
    expect(await told({ decisionId: 2, choice: 'yes' })).toMatchObject({ result: 'bad_input' });
    expect(await told({ decisionId: 'd2', choice: 'yes', chioce: 'no' })).toMatchObject({
      result: 'bad_input',
      message: expect.stringContaining('chioce: unknown field') as string,
    });
    for (const input of ['yes', null, 7, ['d2', 'yes']] as unknown[])
      expect(await told(input as object), JSON.stringify(input)).toMatchObject({ result: 'bad_input' });
    expect(await decisionsOf('wrong')).toEqual(before);
    const late = await place.baton('decide', 'wrong/d1', 'yes');
    expect(late).toMatchObject({ code: 6, stderr: expect.stringContaining('its deadline has passed') as string });
    expect((await place.baton('decide', 'wrong/d9', 'yes')).code).toBe(2);
    expect((await place.baton('decide', 'd2', 'yes')).code).toBe(2);
  });

  it('because it names another subject than the one that is asked about, is refused', async () => {
    const { subject } = await decisionOf('wrong', 'd2');
    const decide = (digest: string): Promise<Answer> => place.baton('decide', 'wrong/d2', 'yes', '--digest', digest);
    const refused = await decide('0123456789ab');
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('asks about something else') as string });
    expect(refused.stderr).toContain('baton status wrong');
    const { stdout } = await place.baton('decisions', 'wrong');
    const shown = /baton decide wrong\/d2 yes --digest (\S+)/.exec(stdout)?.[1] ?? '';
    expect(subject.digest.startsWith(shown)).toBe(true);
    expect((await decide(shown)).code).toBe(0);
    expect((await place.ended('wrong')).status).toBe('complete');
  });
});

describe('an answer at the moment of the deadline', () => {
  const RACES = 20;

  it('twenty times: either it or the deadline wins, and answer, record and history say the same', async () => {
    const DEADLINE_MS = 2500;
    const tasks = Array.from({ length: RACES }, (_, i) =>
      asks(`t${i}`, {}, { deadline: `${DEADLINE_MS}ms`, otherwise: 'no' }),
    );
    await ask('race', ...tasks, asks('stay'));
    const due = Date.parse((await decisionOf('race')).deadline ?? '');
    // From well before the deadline to well after it, so that both sides win some.
    const told = await Promise.all(
      tasks.map(async (_, i) => {
        await sleep(Math.max(0, due - Date.now() + (i - RACES / 2) * 40 - 100));
        return tell('race', { decisionId: `d${i + 1}`, choice: 'yes', by: 'ann' });
      }),
    );
    await place.json(['decide', `race/d${RACES + 1}`, 'yes']);
    const { status, decisions } = await place.ended('race');
    expect(status).toBe('complete');
    const won = told.map(({ result }) => result === 'accepted');
    expect(told.filter(({ result }, i) => !won[i] && result !== 'refused')).toEqual([]);
    const recorded = decisions.slice(0, RACES).map(({ state, answer }) => `${state} ${answer?.choice} ${answer?.via}`);
    expect(recorded).toEqual(won.map((isWon) => (isWon ? 'answered yes update' : 'expired no deadline')));
    const events = await eventsOf('race');
    const wins = won.filter(Boolean).length;
    const completed = events.filter((event) => event.workflowExecutionUpdateCompletedEventAttributes?.outcome?.success);
    expect(completed).toHaveLength(wins + 1);
    // The deadlines, and no reminder.
    const isDeadline = new Set(
      events.flatMap(({ timerStartedEventAttributes: timer }) =>
        Number(timer?.startToFireTimeout?.seconds) === Math.floor(DEADLINE_MS / 1000) ? [timer?.timerId] : [],
      ),
    );
    const count = (of: (event: (typeof events)[0]) => { timerId?: string | null } | null | undefined): number =>
      events.filter((event) => isDeadline.has(of(event)?.timerId)).length;
    const fired = count((event) => event.timerFiredEventAttributes);
    const cancelled = count((event) => event.timerCanceledEventAttributes);
    // A timer may have fired when its answer, taken up in the same moment, had won.
    expect(fired + cancelled).toBe(RACES);
    expect(fired).toBeGreaterThanOrEqual(RACES - wins);
  });
});

describe('a plan with commands', () => {
  const touch = { id: 'touch', command: ['touch', 'made'] };

  it("is asked about where it was started raw, or its signature does not hold, and is not through Baton's own client", async () => {
    await place.submit('signed', place.plan('signed', { tasks: [touch] }));
    const { status, decisions } = await place.ended('signed');
    expect({ status, decisions }).toEqual({ status: 'complete', decisions: [] });
    const [started] = await eventsOf('signed');
    const payload = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    const input = JSON.parse(Buffer.from(payload ?? []).toString()) as {
      description: string;
      signature: string;
      plan: { tasks: object[] };
    };
    expect(input.signature).toMatch(/^[0-9a-f]{64}$/);

    const { signature, ...unsigned } = input;
    const other = { ...input.plan, tasks: [{ ...touch, command: ['touch', 'other'] }] };
    const flipped = `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`;
    const cases: [id: string, input: object, command: string][] = [
      ['raw', unsigned, 'touch made'],
      ['changed', { ...unsigned, plan: other, signature }, 'touch other'],
      ['flipped', { ...unsigned, signature: flipped }, 'touch made'],
      // The signature is the request's own: the same input under another id is not signed.
      ['copied', input, 'touch made'],
    ];
    for (const [id, start] of cases) await startRaw(id, [start]);
    for (const [id, , command] of cases) {
      expect(await openDecision(id), id).toMatchObject({ kind: 'plan', context: { touch: command } });
      expect(await detailsOf(id)).toContain(command);
    }
  });

  it('and every other open question is in baton decisions, by urgency and then age, with global ids', async () => {
    await ask('urgent', asks('now', { criticality: 0.9 }));
    const { decisions } = await place.json<{ decisions: DecisionView[] }>(['decisions']);
    const ids = decisions.map(({ id }) => id);
    expect(ids[0]).toBe('urgent/d1');
    expect(ids).toEqual(expect.arrayContaining(['raw/d1', 'changed/d1', 'flipped/d1', 'copied/d1']));
    const ages = decisions.slice(1).map(({ raisedAt }) => raisedAt);
    expect(ages).toEqual([...ages].sort());
    expect(new Set(decisions.slice(1).map(({ urgency }) => urgency))).toEqual(new Set(['normal']));
    const only = await place.json<{ decisions: DecisionView[] }>(['decisions', 'raw']);
    expect(only.decisions.map(({ id }) => id)).toEqual(['raw/d1']);
    await place.json(['decide', 'urgent/d1', 'yes']);
    expect((await place.ended('urgent')).status).toBe('complete');
  });
});
