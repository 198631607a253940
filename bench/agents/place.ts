import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBench, type Bench } from '../shared/baton.js';
import { ROOT } from '../shared/machine.js';
import { readLedger, type Entry, type Job } from './ledger.js';

/** A task of an agent in a plan file, as far as the cases need it. */
export interface AgentTask {
  id: string;
  job: Job;
  agent?: 'coder' | 'declared';
  dependencies?: string[];
}

/** What `status --json` says, as far as the cases look at it. */
export interface View {
  status: string;
  tasks: { id: string; kind: string; status: string; attempts: number; error?: { code: string }; note?: string }[];
  decisions: { id: string; kind: string; question: string; state: string }[];
  cost: { usd: number };
  result: { branch: string; commit: string } | null;
}

/** A data folder, a repository and a fake agent of a case's own. */
export interface Place extends Bench {
  repository: string;
  /** A plan file; entries that are no tasks of agents go in as they are. */
  plan(name: string, plan: { tasks: (AgentTask | object)[]; [field: string]: unknown }): string;
  /** The arguments of `baton run` for a plan file and an id. */
  run(id: string, plan: string): string[];
  status(id: string): Promise<View>;
  ledger(request?: string): Entry[];
  /** A file as it is on the request's branch; undefined where it is not there. */
  onBranch(request: string, path: string): string | undefined;
  git(...args: string[]): string;
  /** The living processes of this place, its agents apart or alone. */
  processes(which: 'agents' | 'all'): number[];
  /** `kill -9` of everything: worker, server, supervisor, agents, helpers; not of the command that follows. */
  killAll(but: number): Promise<void>;
  /** Ends the pair; how many processes were left then. */
  leave(): Promise<number>;
}

const FAKE_AGENT = join(ROOT, 'dist', 'bench', 'agents', 'fake-agent.js');

export function openAgentPlace(): Place {
  const bench = openBench();
  const [repository, state] = [join(bench.folder, 'repository'), join(bench.folder, 'state')];
  for (const folder of [repository, state, join(bench.folder, 'home', 'agents')])
    mkdirSync(folder, { recursive: true });
  configure(bench, state);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  makeRepository(repository, git);
  const processes: Place['processes'] = (which) =>
    processesNaming(bench.folder).flatMap(({ pid, line }) =>
      which === 'all' || line.includes(FAKE_AGENT) ? [pid] : [],
    );
  return {
    ...bench,
    repository,
    git,
    processes,
    plan(name, { tasks, ...rest }) {
      const path = join(bench.folder, `${name}.json`);
      writeFileSync(path, JSON.stringify({ name, ...rest, tasks: tasks.map(plannedTask) }));
      return path;
    },
    run: (id, plan) => ['run', '--plan', plan, '--workspace', repository, '--id', id, '--json'],
    status: async (id) => JSON.parse((await bench.baton('status', id, '--json')).stdout) as View,
    ledger: (request) => readLedger(state).filter((entry) => request === undefined || entry.request === request),
    onBranch(request, path) {
      try {
        return git('show', `baton/${request}:${path}`);
      } catch {
        return undefined;
      }
    },
    async killAll(but) {
      // Whoever is not found would go on, and the case would show nothing.
      const must = (['server', 'worker'] as const).map((name) => bench.running(name).pid);
      const found = processes('all');
      if (must.some((pid) => !found.includes(pid))) throw new Error('server and worker were not found');
      const left = (): number[] => processes('all').filter((pid) => pid !== but);
      for (let look = 0; look < 100 && left().length > 0; look += 1) {
        for (const pid of left()) killNow(pid);
        await sleep(20);
      }
    },
    async leave() {
      await bench.baton('down');
      for (let look = 0; look < 20 && processes('all').length > 0; look += 1) await sleep(100);
      return processes('all').length;
    },
  };
}

/** As a user does it: a runtime in `baton.yaml`, and agents' files that name it. */
function configure({ folder }: Bench, state: string): void {
  const runtime = {
    program: process.execPath,
    arguments: [FAKE_AGENT, state, ['{session}']],
    output: 'json-lines',
    events: [
      { when: { type: 'start' }, session: 'session' },
      { when: { type: 'done' }, text: 'text', done: true },
      { when: { type: 'failed' }, failure: { message: 'message', reset: 'resets' } },
    ],
    errors: [{ matches: 'usage limit', means: 'usage_limit' }],
  };
  const usage = { input: ['in'], output: ['out'], usd: 'usd', counts: 'run' };
  const events = runtime.events.map((event) => ('done' in event ? { ...event, usage } : event));
  const configuration = { runtimes: { fake: { ...runtime, events } } };
  writeFileSync(join(folder, 'home', 'baton.yaml'), JSON.stringify(configuration));
  const limits = { coder: 'maxLoad: 8', declared: 'limits: { maxCostUsd: 1 }' };
  for (const [name, more] of Object.entries(limits)) {
    const front = [
      '---',
      `name: ${name}`,
      'description: Writes code.',
      'runtime: fake',
      'tools: Read, Edit',
      more,
      '---',
    ];
    writeFileSync(join(folder, 'home', 'agents', `${name}.md`), [...front, 'You write code.'].join('\n'));
  }
}

function makeRepository(repository: string, git: Place['git']): void {
  writeFileSync(join(repository, 'shared.txt'), 'one\ntwo\nthree\n');
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Somebody');
  git('config', 'user.email', 'somebody@example.com');
  git('add', '--all');
  git('commit', '--quiet', '--message=files');
}

function plannedTask(task: AgentTask | object): object {
  if (!('job' in task)) return task;
  const { job, agent = 'coder', ...rest } = task;
  return { ...rest, kind: 'agent', agent, prompt: `Do exactly this.\nDO ${JSON.stringify(job)}` };
}

/** The living processes whose command line or environment names the folder, this one apart. Without /proc there is no telling. */
function processesNaming(folder: string): { pid: number; line: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      // A zombie has an empty command line, and only waits to be reaped.
      const isOurs = line !== '' && (line + readFileSync(`/proc/${name}/environ`, 'utf8')).includes(folder);
      return isOurs ? [{ pid: Number(name), line }] : [];
    } catch {
      return [];
    }
  });
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
