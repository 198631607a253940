import { setTimeout as sleep } from 'node:timers/promises';
import { generator } from '../shared/figures.js';
import { editsOf, layered, seconds, type Case } from './case.js';
import type { Place } from './place.js';

const ROUNDS = 10;
const TASK_MS = 2000;

/** B: everything is killed while agents work, and a person starts it again. */
export const killed: Case = {
  letter: 'B',
  title: '`kill -9` of everything at 10 random moments',
  toReach: '12 of 12 edits on the branch, no finished task twice, no orphan, honest exit code',
  limitMs: 15 * 60_000,
  async run(place, { seed }) {
    const random = generator(seed);
    const rounds: Round[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      // Within the time in which the agents work.
      const found = await killOnce(place, `kill-${round}`, random() * 3 * TASK_MS);
      rounds.push(found);
      const { moment, edits, twice, again, backMs } = found;
      const what = `${edits} edits, ${twice} twice, ${again} told again, over ${seconds(backMs)} after the start`;
      process.stderr.write(`B ${round}: killed ${seconds(moment)} after the first agent began; ${what}\n`);
    }
    const orphans = place.processes('agents').length + (await place.leave());
    const least = Math.min(...rounds.map(({ edits }) => edits));
    const sum = (part: 'twice' | 'beside' | 'dishonest' | 'interrupted' | 'again'): number =>
      rounds.reduce((total, round) => total + round[part], 0);
    const held = least === 12 && sum('twice') + sum('beside') + sum('dishonest') + orphans === 0;
    const parts = [
      `${least} of 12 edits after each of ${ROUNDS} kills (seed ${seed})`,
      `${sum('interrupted')} agents killed at work`,
      `${sum('twice')} tasks twice`,
      `${sum('beside')} beside their orphans`,
      `${orphans} processes left`,
      sum('dishonest') === 0 ? 'each exit code honest' : `${sum('dishonest')} dishonest exit codes`,
    ];
    const figures = { seed, interrupted: sum('interrupted'), again: sum('again') };
    return { seen: parts.join('; '), held, requests: rounds.map(({ id }) => id), figures };
  },
};

interface Round {
  id: string;
  moment: number;
  edits: number;
  /** Tasks whose work was done more than once. */
  twice: number;
  /** Agents that had finished, were started again, and said so. */
  again: number;
  /** Agents that began while an earlier one of their task still lived. */
  beside: number;
  interrupted: number;
  /** Commands that ended with 0 although edits were missing, or with another code although all were there. */
  dishonest: number;
  backMs: number;
}

async function killOnce(place: Place, id: string, moment: number): Promise<Round> {
  const run = place.start(...place.run(id, place.plan(id, { maxParallel: 4, tasks: layered(id, TASK_MS) })));
  while (place.ledger(id).length === 0) await sleep(20);
  await sleep(moment);
  await place.killAll(run.pid);
  const before = place.ledger(id);
  const ended = new Set(before.filter(({ step }) => step !== 'start').map(({ pid }) => pid));
  const interrupted = before.filter(({ step, pid }) => step === 'start' && !ended.has(pid)).length;
  const began = performance.now();
  const watched = await place.start('watch', id, '--json').ended;
  const backMs = performance.now() - began;
  // The command that was there before has seen the server go and come back.
  const left = setTimeout(() => run.kill('SIGINT'), 10_000);
  const followed = await run.ended;
  clearTimeout(left);
  const edits = editsOf(place, id);
  const codes = [watched.code, followed.code].filter((code) => code !== 130);
  const dishonest = codes.filter((code) => (code === 0) !== (edits === 12)).length;
  if (edits < 12)
    process.stderr.write(
      `${id}: ${[watched, followed].map((end) => `exit ${end.code ?? '?'}, ${end.stderr.slice(-1000)}`).join('\n')}\n`,
    );
  const works = Object.entries(countBy(place, id, 'done'));
  return {
    ...{ id, moment, edits, interrupted, dishonest, backMs },
    twice: works.filter(([, times]) => times > 1).length,
    again: Object.keys(countBy(place, id, 'again')).length,
    beside: besides(place, id),
  };
}

function countBy(place: Place, id: string, wanted: 'done' | 'again'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { step, task } of place.ledger(id)) if (step === wanted) counts[task] = (counts[task] ?? 0) + 1;
  return counts;
}

/** Whoever writes after a later one of its task has begun lived beside it. */
function besides(place: Place, id: string): number {
  const latest = new Map<string, number>();
  let count = 0;
  for (const { step, task, pid } of place.ledger(id)) {
    if (step === 'start') latest.set(task, pid);
    else if (latest.get(task) !== pid) count += 1;
  }
  return count;
}

/** H: what a person has to approve, with a crash of everything before the answer. */
export const approval: Case = {
  letter: 'H',
  title: 'Approval, with a `kill -9` of everything before the answer',
  toReach: 'asks, survives it, then goes on',
  limitMs: 3 * 60_000,
  async run(place) {
    const tasks = [
      { id: 'before', job: { write: { 'edits/before.txt': 'approval\n' } } },
      { id: 'gate', decision: { question: 'Go on?' }, criticality: 0.9, dependencies: ['before'] },
      { id: 'after', job: { write: { 'edits/after.txt': 'approval\n' } }, dependencies: ['gate'] },
    ];
    const run = place.start(...place.run('approval', place.plan('approval', { tasks })), '--yes', '--no-wait');
    const { code } = await run.ended;
    await place.killAll(0);
    const open = await place.start('decisions', 'approval', '--json').ended;
    const asked = (JSON.parse(open.stdout) as { decisions: { id: string }[] }).decisions.map(({ id }) => id);
    const early = place.ledger('approval').some(({ task }) => task === 'after');
    const answered = await place.start('decide', asked[0] ?? '', 'approve', '--json').ended;
    const watched = await place.start('watch', 'approval', '--json').ended;
    const edits = ['before', 'after'].filter((id) => place.onBranch('approval', `edits/${id}.txt`) === 'approval\n');
    const codes = [code, open.code, answered.code, watched.code];
    const held = !early && edits.length === 2 && asked.length === 1 && codes.join() === '4,0,0,0';
    const seen = `asked (exit ${code ?? '?'}); after the crash ${asked.length} open decision; answered; ${edits.length} of 2 edits, exit ${watched.code ?? '?'}; ${early ? 'went on unasked' : 'nothing began before the answer'}`;
    return { seen, held, requests: ['approval'] };
  },
};
