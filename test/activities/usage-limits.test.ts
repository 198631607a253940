import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../src/activities/records.js';
import type { AgentEnd, AgentRun, Runtime } from '../../src/agents/runtimes/port.js';
import type { TaskDraft } from '../../src/contract/plan.js';
import { git, put, repositoryWith } from '../workspace/folders.js';
import { done, stage } from './agents.js';

const fix: Partial<TaskDraft> & { id: string } = { id: 'fix', action: { kind: 'agent', prompt: 'Please fix it.' } };
const other = { ...fix, id: 'other' };
const usage = { usd: 1, inputTokens: 10, outputTokens: 1 };
const limit = (resetsAt: number): AgentEnd =>
  done('', {
    kind: 'failed',
    session: 's-1',
    usage,
    error: { code: 'usage_limit', message: 'limit' },
    resetsAt,
  } as object);

/** An agent that ends as the script says, one end for each start. */
function scripted(script: ((run: AgentRun) => AgentEnd)[]) {
  const runs: AgentRun[] = [];
  const runtime: Runtime = (run) => {
    const next = script[runs.push(run) - 1];
    if (!next) throw new Error('the script has run out');
    return Promise.resolve(next(run));
  };
  return { runs, runtime };
}

describe('an agent that meets the usage limit of its account', () => {
  it('is no failure; none of that account is started until the reset, and then it goes on with its session and its edits', async () => {
    const repository = repositoryWith({ 'a.txt': 'one\n' });
    const until = Date.now() + 60_000;
    const { runs, runtime } = scripted([
      ({ cwd }) => {
        put(cwd, { 'half.txt': 'half' });
        return limit(until);
      },
      ({ cwd }) => {
        put(cwd, { 'rest.txt': 'rest' });
        return done('ok', { session: 's-1' });
      },
    ]);
    const { deps, deliver } = await stage(repository, { command: runtime }, [fix, other]);
    const first = await deliver('fix').ended;
    expect(first).toMatchObject({ kind: 'limited', until, session: 's-1', usage });
    expect(first).toMatchObject({ artifacts: [{ name: 'fix.changes.patch' }] });
    // Another task of the account, also one of another request, is told so and no process begins.
    expect(await deliver('other').ended).toMatchObject({ kind: 'limited', until, session: null });
    const resume = { session: 's-1', used: usage };
    const again = { attempt: 2, resume };
    expect(await deliver('fix', { order: again }).ended).toMatchObject({ kind: 'limited', session: 's-1' });
    expect(runs).toHaveLength(1);
    // A person wants it tried at once, and it works.
    const last = await deliver('fix', { order: { ...again, attempt: 3, anyway: true } }).ended;
    expect(last).toMatchObject({ kind: 'completed' });
    expect(runs[1]).toMatchObject({ session: 's-1', usedBefore: usage });
    expect(git(repository, 'show', '--format=', '--name-only', 'baton/req').trim().split('\n')).toEqual([
      'half.txt',
      'rest.txt',
    ]);
    expect(readdirSync(join(deps.installation, 'usage-limits'))).toEqual([]);
  });

  it('whose worker dies before that was told does not start again', async () => {
    const until = Date.now() + 60_000;
    const { runs, runtime } = scripted([() => limit(until)]);
    const { deps, deliver } = await stage(repositoryWith({ a: '1' }), { command: runtime }, [fix]);
    await deliver('fix').ended;
    expect((await readRecords(deps, 'req')).get('fix/0')?.result.kind).toBe('limited');
    expect(await deliver('fix', { attempt: 2 }).ended).toMatchObject({ kind: 'limited', until });
    await deps.files.remove('req');
    expect(runs).toHaveLength(1);
  });

  it('is waited for a while where the time of the reset is not told', async () => {
    const { runtime } = scripted([() => limit(0)]);
    const { deliver } = await stage(repositoryWith({ a: '1' }), { command: runtime }, [fix]);
    const result = await deliver('fix').ended;
    expect(result.kind === 'limited' && result.until).toBeGreaterThan(Date.now() + 60_000);
  });
});
