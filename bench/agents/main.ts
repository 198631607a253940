/**
 * Nine things that go wrong where agents work on one repository, each with a fake agent, a data folder and a repository of its own; Baton is used
 * by its command alone.
 * Usage: npm run bench:agents -- [--only A,B] [--seed N] [--json]
 */
import { parseArgs } from 'node:util';
import { document } from '../shared/document.js';
import { table } from '../shared/figures.js';
import { machineLine } from '../shared/machine.js';
import type { Case, Seen } from './case.js';
import { approval, killed } from './crashes.js';
import { losses } from './losses.js';
import { openAgentPlace } from './place.js';
import { badPlans, budget, nothingDone, parallel, sameLine, undo, usageLimit } from './work.js';

const CASES = [parallel, killed, sameLine, nothingDone, usageLimit, badPlans, budget, approval, undo];

interface Row extends Omit<Seen, 'requests'> {
  case: string;
  title: string;
  toReach: string;
  /** What a summary calls done and is not on the branch. */
  lost: string[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } },
  });
  const wanted = values.only?.toUpperCase().split(',') ?? CASES.map(({ letter }) => letter);
  const seed = Number(values.seed ?? Date.now() % 100_000);
  if (!Number.isInteger(seed) || wanted.some((letter) => !CASES.some((known) => known.letter === letter)))
    throw new Error(`--only: letters of ${CASES.map(({ letter }) => letter).join()}; --seed: a whole number`);
  // An interrupt ends the commands; the pairs are ended below all the same.
  process.on('SIGINT', () => undefined);
  const rows: Row[] = [];
  let server = 'unknown';
  for (const each of CASES.filter(({ letter }) => wanted.includes(letter))) {
    const { row, serverVersion } = await carryOut(each, seed);
    rows.push(row);
    server = serverVersion ?? server;
    process.stderr.write(`${row.case} ${row.held ? 'held' : 'NOT HELD'}: ${row.seen}\n`);
  }
  const markdown = `${tableOf(rows)}\n\nMeasured on ${machineLine(server)}.`;
  process.stdout.write(values.json ? `${JSON.stringify({ v: 1, seed, cases: rows }, null, 2)}\n` : `${markdown}\n`);
  if (values.only === undefined) document('agents', markdown);
  if (rows.some(({ held }) => !held)) process.exitCode = 1;
}

async function carryOut(each: Case, seed: number): Promise<{ row: Row; serverVersion: string | undefined }> {
  const place = openAgentPlace();
  const about = { case: each.letter, title: each.title, toReach: each.toReach };
  const late = setTimeout(() => void place.killAll(0).catch(() => undefined), each.limitMs);
  let serverVersion: string | undefined;
  try {
    const { requests, ...seen } = await each.run(place, { seed });
    const lost = (await Promise.all(requests.map((request) => losses(place, request)))).flat();
    if (requests.length > 0) serverVersion = await versionOf(place);
    const held = seen.held && lost.length === 0;
    return { row: { ...about, ...seen, held, lost }, serverVersion };
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    return { row: { ...about, seen: first, held: false, lost: [] }, serverVersion };
  } finally {
    clearTimeout(late);
    await place.close();
  }
}

async function versionOf(place: ReturnType<typeof openAgentPlace>): Promise<string | undefined> {
  try {
    return place.running('server').version;
  } catch {
    return undefined;
  }
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ case: letter, title, toReach, seen, held, lost }) => [
    `${letter}: ${title}`,
    toReach,
    [seen, ...(lost.length > 0 ? [`lost: ${lost.join(', ')}`] : [])].join('; ').replaceAll('|', '\\|'),
    held ? 'yes' : 'no',
  ]);
  return table(['case', 'to reach', 'seen', 'held'], cells, 4);
}

await main();
