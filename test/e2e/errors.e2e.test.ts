import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf } from '../../scripts/docs/commands.mjs';
import { isRunning, Sandbox, until, type CommandOptions, type Ended } from './harness.js';

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox.end());

/** What holds of every error: its exit code, one clear message, and then a command to try; the same as JSON. */
async function expectError(
  args: readonly string[],
  { code, says, next, ...options }: CommandOptions & { code: number; says: RegExp; next: RegExp },
): Promise<void> {
  const ended = await sandbox.baton(args, options);
  const name = args.join(' ');
  expect({ name, code: ended.code, stdout: ended.stdout }).toEqual({ name, code, stdout: '' });
  const lines = lastError(ended);
  expect(lines[0]).toMatch(/^error: ./);
  expect(lines.join('\n')).toMatch(says);
  expect(lines.at(-1)).toMatch(next);
  expect(lines.at(-1)).toMatch(/\bbaton (--help|[a-z]+)/);
  expect(ended.stderr).not.toMatch(/\n\s+at |BatonError|CommanderError|undefined/);
}

/** From the one line with `error:` on. */
function lastError({ stderr }: Ended): string[] {
  const lines = stderr.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('error:'))).toHaveLength(1);
  return lines.slice(lines.findIndex((line) => line.startsWith('error:')));
}

const task = { id: 'a', command: ['true'] };
const help = /see.*baton (\w+ )?--help$/;

describe('an error without a server ends with the next command', () => {
  it.each<[string, string[], number, RegExp, RegExp]>([
    ['unknown command', ['brew'], 2, /unknown command 'brew'/, /baton --help/],
    ['misspelt command', ['statsu', 'x'], 2, /unknown command 'statsu'/, /did you mean: baton status$/],
    ['undoing, which is not there yet', ['undo', 'x', '--yes'], 2, /undo is not supported yet/, /baton status x$/],
    ['help for an unknown command', ['help', 'brew'], 2, /unknown command 'brew'/, /baton --help/],
    ['unknown option', ['list', '--colour'], 2, /unknown option '--colour'/, help],
    ['misspelt option', ['gc', '--olderthan', '3d'], 2, /Did you mean --older-than/, help],
    ['missing argument', ['rm'], 2, /missing required argument 'id'/, help],
    ['option without its value', ['run', '--plan'], 2, /argument missing/, help],
    ['value out of range', ['run', 'x', '--max-parallel', '0'], 2, /whole number/, help],
    ['nothing to do', ['run'], 2, /say what is to be done/, /baton run "/],
    ['no plan file', ['run', '--plan', 'none.yaml'], 2, /none\.yaml cannot be read/, help],
    ['plan that is a folder', ['plan', '--plan', '.'], 2, /--plan/, help],
    ['no folder', ['run', 'x', '--workspace', 'none'], 2, /does not exist/, help],
    ['bad id', ['run', 'Analyze', '--id', '../x'], 2, /--id/, help],
    ['no age', ['gc', '--older-than', 'old'], 2, /--older-than/, /baton gc --older-than 30d$/],
    ['unknown id to remove', ['rm', 'none'], 2, /there is no request none/, /baton list$/],
    ['id that is a path', ['rm', '../../etc'], 2, /there is no request/, /baton list$/],
    ['unknown agent', ['agents', 'show', 'nobody'], 2, /there is no agent "nobody"/, /baton agents$/],
    ['agent left out', ['agents', 'show'], 2, /NAME: say which agent/, help],
    ['no server to ask', ['status', 'none'], 5, /no Temporal server runs/, /baton up/],
    ['report of nothing', ['report', 'none'], 5, /no Temporal server runs/, /baton up/],
  ])('%s', (_, args, code, says, next) => expectError(args, { code, says, next }));

  it('bad YAML, with its place', async () => {
    const file = sandbox.write('bad.yaml', 'tasks: [');
    await expectError(['plan', '--plan', file], { code: 2, says: /bad\.yaml:\d+:\d+/, next: /baton plan --plan FILE/ });
  });

  it('a plan that is wrong, with the path', async () => {
    const file = sandbox.write('wrong.json', { tasks: [{ ...task, dependencies: ['b'] }] });
    await expectError(['run', '--plan', file], {
      code: 2,
      says: /tasks\[0\]\.dependencies\[0\]/,
      next: /baton plan --plan FILE/,
    });
  });

  it('a workspace that is a file', async () => {
    const file = sandbox.write('file', '');
    await expectError(['run', 'x', '--workspace', file], { code: 2, says: /is not a folder/, next: help });
  });

  it('a configuration that is wrong', async () => {
    mkdirSync(join(sandbox.folder, 'odd'));
    writeFileSync(join(sandbox.folder, 'odd', 'baton.yaml'), 'nope: 1\n');
    const file = sandbox.write('good.json', { tasks: [task] });
    const env = { BATON_HOME: join(sandbox.folder, 'odd') };
    await expectError(['run', '--plan', file], { code: 2, says: /baton\.yaml:1:1 nope/, next: /baton/, env });
  });

  it('a cluster that does not answer', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
    await expectError(['status', 'a'], { code: 5, says: /127\.0\.0\.1:9/, next: /baton doctor$/, env });
  });

  it('a data folder that is a file', async () => {
    const env = { BATON_HOME: sandbox.write('plain', '') };
    await expectError(['run', '--plan', sandbox.write('good.json', { tasks: [task] })], {
      code: 1,
      says: /cannot be used/,
      next: /BATON_HOME/,
      env,
    });
  });
});

describe('an error with a server ends with the next command', () => {
  beforeAll(async () => {
    const plan = sandbox.write('wait.json', { tasks: [{ id: 'a', command: ['sleep', '600'] }] });
    await sandbox.json(['run', '--plan', plan, '--id', 'under-way', '--detach']);
    await sandbox.json(['run', '--plan', sandbox.write('good.json', { tasks: [task] }), '--id', 'over']);
  });

  it.each<[string, string[], number, RegExp, RegExp]>([
    ['id in use', ['run', '--plan', 'wait.json', '--id', 'under-way'], 6, /exists already/, /baton status under-way$/],
    ['remove what runs', ['rm', 'over', 'under-way'], 6, /under-way has not ended/, /baton cancel under-way$/],
    ['purge while one runs', ['down', '--purge'], 6, /not ended: under-way/, /baton down --purge --yes$/],
    ['report of what runs', ['report', 'under-way'], 6, /written when it ends/, /baton watch under-way$/],
    ['act on what is over', ['pause', 'over'], 6, /over has ended/, /baton status over$/],
    ['unknown task', ['skip', 'under-way/none'], 2, /none/, /baton status under-way$/],
    ['unknown decision', ['decide', 'under-way/d7', 'approve'], 2, /d7/, /baton/],
    ['no decision', ['decide', 'd1', 'approve'], 2, /not a decision's id/, /baton decisions$/],
    ['unknown request', ['watch', 'none'], 2, /there is no request none/, /baton list$/],
  ])('%s', (_, args, code, says, next) => expectError(args, { code, says, next, cwd: sandbox.folder }));

  it('and leaves everything as it was', async () => {
    expect(await sandbox.json(['status', 'over'])).toMatchObject({ status: 'complete' });
    expect(await sandbox.json(['status', 'under-way'])).toMatchObject({ status: 'running' });
  });
});

describe('the first five minutes', () => {
  it('baton alone prints three commands that exist', async () => {
    const { code, stdout, stderr } = await sandbox.baton([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = [...stdout.matchAll(/^ {2}baton (\w+)/gm)].map(([, name = '']) => name);
    expect(names).toHaveLength(3);
    const commands = commandsOf((await sandbox.baton(['--help'])).stdout);
    for (const name of names) expect(commands).toContain(name);
  });

  it('the help of each command has examples with options that exist', async () => {
    const commands = commandsOf((await sandbox.baton(['--help'])).stdout);
    expect(commands.length).toBeGreaterThan(15);
    const texts = await Promise.all(commands.map((name) => sandbox.baton([name, '--help'])));
    for (const [i, { stdout }] of texts.entries()) {
      const name = commands[i] ?? '';
      const [options = '', examples = ''] = stdout.split('\nExamples:\n');
      const lines = examples.split('\n').filter((line) => line.startsWith('  baton '));
      expect({ name, count: lines.length }).not.toEqual({ name, count: 0 });
      for (const line of lines) {
        expect(line).toMatch(new RegExp(`^  baton ${name}( |$)`));
        for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(options).toContain(option);
      }
    }
  });

  it('says what it does while the server is fetched, and can be interrupted', async () => {
    const bare = new Sandbox({ XDG_CACHE_HOME: join(sandbox.folder, 'no-cache') });
    try {
      const bin = bare.write('bin/go', '#!/bin/sh\nexec sleep 600\n');
      const env = { PATH: `${join(bin, '..')}:/usr/bin:/bin` };
      bare.output(bare.folder, 'chmod', '+x', bin);
      const started = bare.start(['run', '--plan', bare.write('p.json', { tasks: [task] })], { env });
      await until('the first line', () => started.printed.stderr.includes('in the background'));
      await until('what is fetched', () => /download|build/i.test(started.printed.stderr), 60_000);
      started.child.kill('SIGINT');
      await started.ended;
      expect(isRunning(started.child.pid ?? 0)).toBe(false);
    } finally {
      await bare.end();
    }
  });
});
