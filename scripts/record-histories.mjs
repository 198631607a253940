/**
 * Records the histories that test/replay replays: starts a server and a worker of its own, lets requests of every kind run, and writes
 * what Temporal kept of them to test/replay/histories. Run it by hand after a deliberate change of the workflow that `patched()` does not
 * cover, or with the names of new ones as arguments; everything that belongs to the machine is replaced. Needs dist/ (npm run build).
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { requestsIn } from './record-histories/requests.mjs';

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

/** An agent that is a shell script: it edits one file of its repository, or says what the conflict in it comes to. */
const EDITS =
  'case "$(cat)" in *"conflict markers"*) echo both > a;; *) sleep $(echo $BATON_TASK_ID); echo $BATON_TASK_ID > a;; esac';

try {
  mkdirSync(WORKSPACE);
  writeFileSync(join(WORKSPACE, 'main.js'), '// TODO: say more\nconsole.log(1);\n');
  makeRepository();
  await main();
} finally {
  await baton('down');
  rmSync(FOLDER, { recursive: true, force: true });
}

function makeRepository() {
  const git = (...args) => execFileSync('git', args, { cwd: WORKSPACE });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message=files');
  const agents = join(ENVIRONMENT.BATON_HOME, 'agents');
  mkdirSync(agents, { recursive: true });
  const front = [
    '---',
    'name: editor',
    'description: Edits.',
    'runtime: command',
    `command: ${JSON.stringify(['sh', '-c', EDITS])}`,
    '---',
  ];
  writeFileSync(join(agents, 'editor.md'), `${front.join('\n')}\nYou edit.\n`);
  const limited = [
    '---',
    'name: limited',
    'description: Meets a limit.',
    'runtime: limited',
    'tools: Read, Edit',
    '---',
  ];
  writeFileSync(join(agents, 'limited.md'), `${limited.join('\n')}\nYou edit.\n`);
}

async function main() {
  const wanted = process.argv.slice(2);
  await baton('run', '--plan', planFile('warm', { tasks: [{ id: 'a', command: ['true'] }] }), '--workspace', WORKSPACE);
  const { address } = JSON.parse(readFileSync(join(ENVIRONMENT.BATON_HOME, 'run', 'server.json'), 'utf8'));
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  for (const [id, { plan, raw, during, config = '', options = [] }] of Object.entries(requestsIn(WORKSPACE))) {
    if (wanted.length > 0 && !wanted.includes(id)) continue;
    writeFileSync(join(ENVIRONMENT.BATON_HOME, 'baton.yaml'), config);
    if (plan)
      await baton('run', '--plan', planFile(id, plan), '--workspace', WORKSPACE, '--id', id, '--detach', ...options);
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
