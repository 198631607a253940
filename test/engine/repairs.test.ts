import { expect, test } from 'vitest';
import type { TaskResult } from '../../src/contract/task.js';
import { buildGraph } from '../../src/engine/graph.js';
import { requestStatus } from '../../src/progress/view.js';
import { bench, completed, failed, node, type Bench } from './fixtures.js';

const conflicted: TaskResult & { kind: 'conflicted' } = {
  kind: 'conflicted',
  startedAt: 0,
  conflict: { branch: 'baton-agents/r/fix.0', commit: 'c0', files: ['a.txt'], against: ['other'] },
  artifacts: [],
};
const agent = { kind: 'agent' as const };

/** A request in which `fix` is in conflict with `other`, and `after` waits for it. */
function inConflict(options: { onFailure?: 'stop' } = {}) {
  const made = bench([node('other', [], agent), node('fix', [], agent), node('after', [1])], options);
  made.run('other');
  const { commands } = made.end('fix', conflicted);
  return { made, commands };
}

function repairAs(made: Bench, n: number, id = 'fix-repair') {
  const repair = node(id, [], { ...agent, delivers: false, repairs: 1 });
  const graph = buildGraph(`${made.engine.graph.digest}+${n}`, [...made.engine.graph.nodes, repair]);
  return made.post({ kind: 'extended', n, graph });
}

const decide = (made: Bench, choice: string, decision = 'd1') =>
  made.post({ kind: 'decide', decision, choice, comment: '', by: 'ann', via: 'command' });

test('a task in conflict waits until a task that is added for it has merged it; what depends on it waits as long', () => {
  const { made, commands } = inConflict();
  expect(commands).toEqual([{ kind: 'extend', n: 1 }]);
  expect(made.statuses()).toEqual({ other: 'completed', fix: 'waiting', after: 'pending' });
  repairAs(made, 1);
  expect(made.started().at(-1)).toBe('fix-repair');
  made.run('fix-repair');
  expect(made.statuses()).toMatchObject({ fix: 'completed', after: 'running' });
  made.run('after');
  expect(made.engine.state.outcome).toBe('complete');
});

test('a repair that fails becomes a question that names both tasks, the files and the branch', () => {
  const { made } = inConflict();
  repairAs(made, 1);
  made.fail('fix-repair');
  const [decision] = made.engine.state.decisions;
  expect(decision).toMatchObject({
    kind: 'recovery',
    task: 'fix',
    options: ['repair', 'redo', 'drop'],
    onDeadline: 'drop',
    subject: { digest: 'c0' },
    context: { branch: 'baton-agents/r/fix.0' },
  });
  expect(decision?.question).toMatch(
    /^What fix changed conflicts with what other changed in a\.txt, and the repair fix-repair/,
  );
  expect(requestStatus(made.engine)).toBe('waiting');
});

test('repair: another one is added, and a failed one does not count against the outcome', () => {
  const { made } = inConflict();
  repairAs(made, 1);
  made.fail('fix-repair');
  expect(decide(made, 'repair').commands).toContainEqual({ kind: 'extend', n: 2 });
  repairAs(made, 2, 'fix-repair-2');
  made.run('fix-repair-2', 'after');
  expect(made.engine.state.outcome).toBe('complete');
});

test('redo: the task itself begins anew', () => {
  const { made } = inConflict();
  repairAs(made, 1);
  made.fail('fix-repair');
  decide(made, 'redo');
  expect(made.started().at(-1)).toBe('fix');
  expect(made.engine.state.details[1]).toEqual({ epoch: 1 });
  made.run('fix', 'after');
  expect(made.engine.state.outcome).toBe('complete');
});

test('drop: the task fails and says where its changes are, and so it does at the deadline', () => {
  for (const end of ['drop', 'deadline']) {
    const { made } = inConflict();
    repairAs(made, 1);
    made.fail('fix-repair');
    made.wait(made.engine.state.patience.expireAfterMs);
    if (end === 'drop') decide(made, 'drop');
    else made.post({ kind: 'timer', id: Object.keys(made.engine.state.timers)[0] ?? '' });
    if (end === 'deadline') for (const id of Object.keys(made.engine.state.timers)) made.post({ kind: 'timer', id });
    if (end === 'deadline') for (const id of Object.keys(made.engine.state.timers)) made.post({ kind: 'timer', id });
    expect(made.statuses()).toMatchObject({ fix: 'failed', after: 'skipped' });
    expect(made.engine.state.details[1]?.error).toMatchObject({
      code: 'merge_conflict',
      message: expect.stringContaining('baton-agents/r/fix.0') as string,
    });
    expect(made.engine.state.outcome).toBe('partial');
  }
});

test('a repair that cannot be added is asked about at once', () => {
  const { made } = inConflict();
  made.post({ kind: 'unextended', n: 1, code: 'io', message: 'disk' });
  expect(made.engine.state.decisions[0]?.question).toContain('no repair could be begun');
});

test('a repair under which the branch moves is begun again, and not without end', () => {
  const { made } = inConflict();
  repairAs(made, 1);
  made.end('fix-repair', conflicted);
  made.end('fix-repair', conflicted);
  expect(made.statuses()).toMatchObject({ 'fix-repair': 'running' });
  made.end('fix-repair', conflicted);
  expect(made.statuses()).toMatchObject({ 'fix-repair': 'failed', fix: 'waiting' });
  expect(made.engine.state.decisions).toHaveLength(1);
});

test('a cancel, a skip and a plan that stops at its first failure do not wait for a repair', () => {
  const cancelled = inConflict().made;
  cancelled.post({ kind: 'cancel', by: 'ann' });
  expect(cancelled.engine.state.outcome).toBe('cancelled');
  const skipped = inConflict().made;
  repairAs(skipped, 1);
  skipped.post({ kind: 'skip', task: 'fix', by: 'ann' });
  skipped.run('fix-repair', 'after');
  expect(skipped.engine.state.outcome).toBe('complete');
  const stopped = bench([node('other', [], agent), node('fix', [], agent), node('bad')], { onFailure: 'stop' });
  stopped.run('other');
  stopped.end('fix', conflicted);
  stopped.end('bad', failed);
  repairAs(stopped, 1);
  expect(stopped.statuses()).toMatchObject({ fix: 'failed', 'fix-repair': 'skipped' });
  expect(stopped.engine.state.outcome).toBe('partial');
});

test('a retry does the task again, never its repair', () => {
  const { made } = inConflict();
  repairAs(made, 1);
  made.fail('fix-repair');
  expect(made.post({ kind: 'retry', task: 'fix-repair', by: 'ann' }).reply).toMatchObject({ kind: 'refused' });
  decide(made, 'drop');
  expect(made.engine.state.outcome).toBe('partial');
  made.post({ kind: 'concluded' });
  made.post({ kind: 'reopen', by: 'ann' });
  expect(made.statuses()).toMatchObject({ fix: 'running', 'fix-repair': 'failed' });
  made.end('fix', completed);
  made.run('after');
  expect(made.engine.state.outcome).toBe('complete');
});

const check = { command: 'npm test', message: 'npm ended with exit code 1', tail: 'expected 2, got 3' };
const breaks: TaskResult = { ...conflicted, conflict: { ...conflicted.conflict, files: [], check } };

/** A request in which what `fix` changed breaks a check beside what `other` changed. */
function inPieces() {
  const made = bench([node('other', [], agent), node('fix', [], agent), node('after', [1])]);
  made.run('other');
  const { commands } = made.end('fix', breaks);
  return { made, commands };
}

test('a check that breaks on the merged files is mended by a task that is added for it, and forgotten what it printed', () => {
  const { made, commands } = inPieces();
  expect(commands).toEqual([{ kind: 'extend', n: 1 }]);
  repairAs(made, 1);
  expect(made.statuses()).toMatchObject({ fix: 'waiting', after: 'pending', 'fix-repair': 'running' });
  made.run('fix-repair', 'after');
  expect(made.engine.state.outcome).toBe('complete');
  expect(made.engine.state.details[1]?.conflict?.check).toEqual({ ...check, tail: '' });
});

test('a repair that breaks a check is not begun again by itself: the question names the check and what it printed last', () => {
  const { made } = inPieces();
  repairAs(made, 1);
  const last = { ...check, tail: 'expected 2, got 4' };
  made.end('fix-repair', { ...conflicted, conflict: { ...conflicted.conflict, files: [], check: last } });
  expect(made.statuses()).toMatchObject({ fix: 'waiting', 'fix-repair': 'failed' });
  expect(made.engine.state.details[3]?.error).toMatchObject({ code: 'check_failed' });
  const [decision] = made.engine.state.decisions;
  expect(decision).toMatchObject({
    kind: 'recovery',
    options: ['repair', 'redo', 'drop'],
    context: { check: 'npm test', output: 'expected 2, got 4' },
  });
  expect(decision?.question).toMatch(
    /^What fix changed breaks the check `npm test` together with what other changed \(npm ended with exit code 1\), and the repair fix-repair did not/,
  );
  decide(made, 'drop');
  expect(made.engine.state.details[1]?.error).toMatchObject({
    code: 'check_failed',
    message: expect.stringContaining('baton-agents/r/fix.0') as string,
  });
});
