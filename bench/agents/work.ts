import { editsOf, layered, mostAtOnce, seconds, type Case } from './case.js';
import type { Place } from './place.js';

const AT_MOST_MS = 10_500;

/** A: what is left of the ideal 9 s. */
export const parallel: Case = {
  letter: 'A',
  title: '12 tasks, 3 layers × 4, 4 at once, 3 s each (ideal 9 s)',
  toReach: '≤ 10.5 s, all on the branch when the command ends',
  limitMs: 5 * 60_000,
  async run(place) {
    const first = await timed(place, 'first');
    const warm = await timed(place, 'warm');
    const held = warm.ms <= AT_MOST_MS && warm.edits === 12 && first.edits === 12 && warm.most === 4;
    const seen = `${seconds(warm.ms)}, ${warm.edits} of 12 on the branch, ${warm.most} at once; ${seconds(first.ms)} with the start of server and worker`;
    return { seen, held, requests: ['first', 'warm'], figures: { warmMs: warm.ms, firstMs: first.ms } };
  },
};

async function timed(place: Place, id: string): Promise<{ ms: number; edits: number; most: number }> {
  const plan = place.plan(id, { maxParallel: 4, tasks: layered(id, 3000) });
  const { ms } = await place.baton(...place.run(id, plan));
  return { ms: Math.round(ms), edits: editsOf(place, id), most: mostAtOnce(place, id) };
}

/** C: both begin from the same commit, and change the same line. */
export const sameLine: Case = {
  letter: 'C',
  title: 'Two tasks edit the same line at the same time',
  toReach: 'both edits on the branch, or a decision that names both',
  limitMs: 3 * 60_000,
  async run(place) {
    const tasks = ['left', 'right'].map((id) => ({
      id,
      job: { ms: 1500, line: { path: 'shared.txt', at: 1, text: `two, by ${id}` } },
    }));
    const run = place.start(...place.run('line', place.plan('line', { tasks })), '--no-wait');
    const { code } = await run.ended;
    const { tasks: ended, decisions } = await place.status('line');
    const merged = place.onBranch('line', 'shared.txt') ?? '';
    const there = ['left', 'right'].filter((id) => merged.includes(`two, by ${id}\n`));
    const both = decisions.find(({ question }) => ['left', 'right'].every((id) => question.includes(id)));
    const repairs = ended.filter(({ id }) => id.endsWith('-repair')).length;
    const held = there.length === 2 ? code === 0 : code === 4 && both !== undefined;
    const asked = both ? '; asked, with both named' : '';
    return {
      seen: `${there.length} of 2 edits after ${repairs} repair${asked}; exit ${code ?? '?'}`,
      held,
      requests: ['line'],
    };
  },
};

/** D: its word alone. */
export const nothingDone: Case = {
  letter: 'D',
  title: 'An agent says done, and changes nothing',
  toReach: 'the task fails',
  limitMs: 60_000,
  async run(place) {
    const { code } = await place.start(...place.run('idle', place.plan('idle', { tasks: [{ id: 'idle', job: {} }] })))
      .ended;
    const [task] = (await place.status('idle')).tasks;
    const held = task?.status === 'failed' && code === 1;
    const error = task?.error?.code ?? 'no error';
    return { seen: `${task?.status ?? 'no task'} (\`${error}\`), exit ${code ?? '?'}`, held, requests: ['idle'] };
  },
};

const RESET_MS = 8000;

/** E: the account says when it may go on. */
export const usageLimit: Case = {
  letter: 'E',
  title: `Usage limit with a reset time (${RESET_MS / 1000} s later), 3 tasks, one after another`,
  toReach: 'one start, waits for the reset time, then done',
  limitMs: 3 * 60_000,
  async run(place) {
    const tasks = ['one', 'two', 'three'].map((id) => ({
      id,
      job: { limitMs: RESET_MS, write: { [`edits/${id}.txt`]: 'limit\n' } },
    }));
    const run = place.start(...place.run('limit', place.plan('limit', { maxParallel: 1, tasks })));
    const { code } = await run.ended;
    const starts = place.ledger('limit').filter(({ step }) => step === 'start');
    const met = starts[0]?.at ?? 0;
    const early = starts.filter(({ at }) => at < met + RESET_MS).length;
    const { tasks: ended } = await place.status('limit');
    const attempts = ended.reduce((sum, task) => sum + task.attempts, 0);
    const edits = tasks.filter(({ id }) => place.onBranch('limit', `edits/${id}.txt`) === 'limit\n').length;
    const held = early === 1 && edits === 3 && attempts === 3 && code === 0;
    const waited = seconds((starts[1]?.at ?? 0) - met);
    const seen = `${early} start before the reset, the next after ${waited}; ${edits} of 3 edits, ${attempts - 3} attempts used up, exit ${code ?? '?'}`;
    return { seen, held, requests: ['limit'] };
  },
};

const CAP_USD = 2;

/** G: once where the agents' files say what one costs, and once where nothing does. */
export const budget: Case = {
  letter: 'G',
  title: 'Cap of 2 USD, 8 agents of 1 USD, 4 at once',
  toReach: 'never over 2 USD + one call',
  limitMs: 3 * 60_000,
  async run(place) {
    const spent: Record<string, number> = {};
    const codes: (number | null)[] = [];
    for (const agent of ['declared', 'coder'] as const) {
      const tasks = Array.from({ length: 8 }, (_, n) => ({
        id: `t${n}`,
        agent,
        job: { ms: 500, usd: 1, write: { [`edits/t${n}.txt`]: `${agent}\n` } },
      }));
      const plan = place.plan(agent, { maxParallel: 4, tasks });
      const run = place.start(...place.run(agent, plan), '--budget-usd', String(CAP_USD), '--no-wait');
      codes.push((await run.ended).code);
      spent[agent] = place.ledger(agent).filter(({ step }) => step === 'start').length;
    }
    const held =
      Object.values(spent).every((usd) => usd > 0 && usd <= CAP_USD + 1) && codes.every((code) => code === 4);
    const seen = `${spent['declared'] ?? '?'} USD where the agent's file says the cost, ${spent['coder'] ?? '?'} USD where nothing does; then asks (exit ${codes.join(', ')})`;
    return { seen, held, requests: ['declared', 'coder'] };
  },
};

const BAD_PLANS = {
  'a cycle': [
    { id: 'a', job: {}, dependencies: ['b'] },
    { id: 'b', job: {}, dependencies: ['a'] },
  ],
  'an unknown field': [{ id: 'a', job: {}, dependsOn: [] }],
  'a missing dependency': [{ id: 'a', job: {}, dependencies: ['nobody'] }],
};

/** F: nothing of a plan that cannot be carried out. */
export const badPlans: Case = {
  letter: 'F',
  title: 'A cycle, an unknown field, a missing dependency',
  toReach: 'exit 2, nothing started',
  limitMs: 60_000,
  async run(place) {
    const codes: string[] = [];
    for (const [name, tasks] of Object.entries(BAD_PLANS)) {
      const run = place.start(...place.run('bad', place.plan(name.replaceAll(' ', '-'), { tasks })));
      codes.push(`${name}: exit ${(await run.ended).code ?? '?'}`);
    }
    const started = place.ledger().length + place.processes('all').length;
    const held = codes.every((text) => text.endsWith(': exit 2')) && started === 0;
    return { seen: `${codes.join('; ')}; ${started} processes started`, held, requests: [] };
  },
};

/** I: until there is an undoing. */
export const undo: Case = {
  letter: 'I',
  title: 'Undo of a finished run',
  toReach: 'refused with a clear word until undo exists, nothing changed',
  limitMs: 60_000,
  async run(place) {
    const tasks = [{ id: 'edit', job: { write: { 'edits/edit.txt': 'undo\n' } } }];
    await place.baton(...place.run('finished', place.plan('finished', { tasks })));
    const all = async (): Promise<string> => JSON.stringify([place.git('show-ref'), await place.status('finished')]);
    const before = await all();
    const { code, stderr } = await place.start('undo', 'finished', '--yes').ended;
    const isSame = before === (await all());
    const [word = ''] = stderr.split('\n');
    const held = code !== 0 && isSame && /undo.*not supported yet/.test(word);
    return {
      seen: `exit ${code ?? '?'}, “${word}”; ${isSame ? 'nothing changed' : 'something changed'}`,
      held,
      requests: ['finished'],
    };
  },
};
