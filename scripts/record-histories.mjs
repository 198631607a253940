/**
 * Records the histories that test/replay replays: starts a server and a worker of its own, lets requests of every kind run, and writes
 * what Temporal kept of them to test/replay/histories. Run it by hand after a deliberate change of the workflow that `patched()` does not
 * cover; everything that belongs to the machine is replaced. Needs dist/ (npm run build).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const HISTORIES = join(ROOT, 'test', 'replay', 'histories');
const HOST = 'recorder';
const FOLDER = mkdtempSync(join(tmpdir(), 'baton-record-'));
const WORKSPACE = join(FOLDER, 'ws');
const ENVIRONMENT = { ...process.env, BATON_HOME: join(FOLDER, 'home'), BATON_HOST: HOST, NO_COLOR: '1' };
for (const name of Object.keys(ENVIRONMENT)) if (name.startsWith('TEMPORAL_')) delete ENVIRONMENT[name];

/** A text longer than this, in what a history holds, is cut: only the length of the history counts, and that is recorded apart. */
const TEXT_CHARS = 500;

/** What an event says of this machine and of this moment's build only; none of it takes part in a replay (`sdkMetadata` does). */
const DROPPED = [
  'identity',
  'workerVersion',
  'stackTrace',
  'meteringMetadata',
  'taskId',
  'requestId',
  'encodedAttributes',
];

const TRUE = ['true'];
const SLOW = ['sleep', '300'];
const asking = (more = {}) => ({
  tasks: [
    { id: 'ask', kind: 'decision', decision: { question: 'Go on?', options: ['yes', 'no'], ...more } },
    { id: 'after', command: TRUE, dependencies: ['ask'] },
  ],
});

/** Each request by its id: how it is started, and what happens to it until it ends. */
const REQUESTS = {
  'simple-plan': {
    plan: {
      tasks: [
        { id: 'a', command: TRUE },
        { id: 'b', command: TRUE },
        { id: 'c', command: TRUE, dependencies: ['a', 'b'] },
      ],
    },
  },
  failure: {
    plan: {
      tasks: [
        { id: 'a', command: ['false'] },
        { id: 'b', command: TRUE, dependencies: ['a'] },
        { id: 'c', command: TRUE },
      ],
    },
  },
  'failure-stops': {
    plan: {
      maxParallel: 1,
      onFailure: 'stop',
      tasks: [
        { id: 'a', command: ['false'], priority: 'high' },
        { id: 'b', command: TRUE },
      ],
    },
  },
  retry: { plan: { tasks: [{ id: 'a', command: ['sh', '-c', 'test "$BATON_ATTEMPT" = 2'], retries: 1 }] } },
  'retry-by-person': {
    plan: {
      tasks: [
        { id: 'a', command: ['sh', '-c', 'test "$BATON_EPOCH" = 1'] },
        { id: 'b', command: ['sleep', '4'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ failed }) => failed === 1);
      await handle.executeUpdate('retry', { args: [{ task: 'a' }] });
    },
  },
  'decision-by-signal': { plan: asking(), during: (handle) => answer(handle, 'signal', 'yes') },
  'decision-by-update': { plan: asking(), during: (handle) => answer(handle, 'executeUpdate', 'no') },
  'decision-by-deadline': { plan: asking({ deadline: '1s', otherwise: 'yes' }) },
  'pause-and-skip': {
    plan: {
      tasks: [
        { id: 'a', command: SLOW },
        { id: 'b', command: TRUE, dependencies: ['a'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.executeUpdate('pause', { args: [{}] });
      await handle.signal('skip', { task: 'a', by: 'somebody' });
      await until(handle, ({ skipped }) => skipped === 1);
      await handle.signal('resume', {});
    },
  },
  cancel: {
    plan: {
      tasks: [
        { id: 'a', command: SLOW },
        { id: 'b', command: TRUE, dependencies: ['a'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.executeUpdate('cancel', { args: [{}] });
    },
  },
  'cancel-by-temporal': {
    plan: { tasks: [{ id: 'a', command: SLOW }] },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.cancel();
    },
  },
  'nobody-answers': {
    config: 'decisionReminder: 1s\ndecisionEscalation: 2s\ndecisionExpiry: 3s\n',
    raw: {
      description: 'commands that nobody signed and nobody looks at',
      workspace: WORKSPACE,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
  },
  'continue-as-new': {
    plan: asking({ deadline: '1h', otherwise: 'no' }),
    during: async (handle, client) => {
      await until(handle, ({ openDecisions }) => openDecisions.length === 1);
      const runs = async () => (await client.workflow.count('WorkflowId="continue-as-new"')).count;
      while ((await runs()) === 1) {
        await Promise.all(Array.from({ length: 5 }, () => handle.signal('tell', 'x'.repeat(100_000))));
        await until(handle, () => true);
      }
      await answer(handle, 'signal', 'yes');
    },
  },
  'quality-analysis': { raw: { description: 'Analyze this repository for quality problems', workspace: WORKSPACE } },
  'plan-approval': {
    raw: {
      description: 'commands that nobody signed',
      workspace: WORKSPACE,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
    during: (handle) => answer(handle, 'executeUpdate', 'approve'),
  },
  'plan-rejected': {
    raw: {
      description: 'commands that nobody signed',
      workspace: WORKSPACE,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
    during: (handle) => answer(handle, 'executeUpdate', 'reject'),
  },
  'bad-input': { raw: { workspace: WORKSPACE } },
  'bad-field': { raw: { description: 'a field that there is not', workspace: WORKSPACE, colour: 'red' } },
  'unknown-signal': {
    plan: asking(),
    during: async (handle) => {
      await until(handle, ({ openDecisions }) => openDecisions.length === 1);
      await handle.signal('weather', { rain: true });
      await handle.signal('decide', 'yes');
      await handle.executeUpdate('decide', { args: [{ decisionId: 'd1', choice: 'perhaps' }] }).catch(() => undefined);
      await answer(handle, 'signal', 'yes');
    },
  },
};

try {
  mkdirSync(WORKSPACE);
  writeFileSync(join(WORKSPACE, 'main.js'), '// TODO: say more\nconsole.log(1);\n');
  await main();
} finally {
  await baton('down');
  rmSync(FOLDER, { recursive: true, force: true });
}

async function main() {
  await baton('run', '--plan', planFile('warm', { tasks: [{ id: 'a', command: TRUE }] }), '--workspace', WORKSPACE);
  const { address } = JSON.parse(readFileSync(join(ENVIRONMENT.BATON_HOME, 'run', 'server.json'), 'utf8'));
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  for (const [id, { plan, raw, during, config = '' }] of Object.entries(REQUESTS)) {
    writeFileSync(join(ENVIRONMENT.BATON_HOME, 'baton.yaml'), config);
    if (plan) await baton('run', '--plan', planFile(id, plan), '--workspace', WORKSPACE, '--id', id, '--detach');
    else await client.workflow.start('orchestrate', { workflowId: id, taskQueue: 'baton', args: [raw] });
    const handle = client.workflow.getHandle(id);
    await during?.(handle, client);
    await handle.result().catch(() => undefined);
    await keep(client, id);
  }
  await connection.close();
}

/** `baton …` to its end; a request that fails is no reason to stop. */
function baton(...args) {
  return new Promise((resolve, reject) => {
    const command = [join(ROOT, 'dist', 'cli', 'main.js'), ...args];
    const child = spawn(process.execPath, command, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', resolve);
  });
}

function planFile(name, plan) {
  const path = join(FOLDER, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, ...plan }));
  return path;
}

/** Waits for a progress that is as wanted. */
async function until(handle, isWanted) {
  for (let look = 0; look < 600; look++) {
    const progress = await handle.query('progress').catch(() => undefined);
    if (progress && isWanted(progress)) return;
    await sleep(50);
  }
  throw new Error(`waited in vain for ${handle.workflowId}`);
}

async function answer(handle, how, choice) {
  await until(handle, ({ openDecisions }) => openDecisions.length > 0);
  const input = { decisionId: 'd1', choice, by: 'somebody' };
  await (how === 'signal' ? handle.signal('decide', input) : handle.executeUpdate('decide', { args: [input] }));
}

/** Writes each run of a request to a file of its own. */
async function keep(client, id) {
  const runs = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId="${id}"` })) runs.unshift(runId);
  for (const old of readdirSync(HISTORIES))
    if (old === `${id}.json` || /^-\d+\.json$/.test(old.slice(id.length))) rmSync(join(HISTORIES, old));
  for (const [n, runId] of runs.entries()) {
    const events = [];
    let nextPageToken;
    do {
      const execution = { workflowId: id, runId };
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution,
        maximumPageSize: 20,
        nextPageToken,
      });
      events.push(...(page.history?.events ?? []).map((event) => neutral(event.toJSON())));
      nextPageToken = page.nextPageToken;
    } while (nextPageToken?.length > 0);
    const text = events.map((event) => JSON.stringify(event)).join(',\n');
    refuseForeign(id, text);
    const name = runs.length === 1 ? id : `${id}-${n + 1}`;
    writeFileSync(join(HISTORIES, `${name}.json`), `{"workflowId":${JSON.stringify(id)},"events":[\n${text}\n]}\n`);
    console.log(`${name}: ${events.length} events`);
  }
}

/** A copy without the machine in it, and with JSON payloads as `{json: value}`. */
function neutral(value) {
  if (typeof value === 'string') return neutralText(value);
  if (Array.isArray(value)) return value.map(neutral);
  if (typeof value !== 'object' || value === null) return value;
  if (value.metadata?.encoding !== undefined) return neutralPayload(value);
  const kept = Object.entries(value).filter(([name]) => !DROPPED.includes(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, neutral(item)]));
}

function neutralPayload({ metadata, data }) {
  const { encoding, ...more } = metadata;
  if (Buffer.from(encoding, 'base64').toString() !== 'json/plain') return { metadata, data };
  const json = neutral(JSON.parse(Buffer.from(data, 'base64').toString()));
  return { json, ...(Object.keys(more).length > 0 ? { metadata: more } : {}) };
}

function neutralText(text) {
  return text
    .replaceAll(WORKSPACE, '/tmp/ws')
    .replaceAll(FOLDER, '/tmp/baton')
    .replaceAll(ROOT, '/opt/baton')
    .replaceAll(`@${hostname()}`, `@${HOST}`)
    .slice(0, TEXT_CHARS);
}

/** The project holds nothing of the machine on which it was recorded. */
function refuseForeign(id, text) {
  const foreign = [ROOT, FOLDER, homedir(), `@${hostname()}`].filter((part) => part.length > 2 && text.includes(part));
  if (foreign.length > 0) throw new Error(`the history of ${id} still holds ${foreign.join(', ')}`);
}
