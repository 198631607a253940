import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './helpers.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'baton-run-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a command that ends by itself', () => {
  it('has its exit code, its output of both streams, and its time', async () => {
    const end = await run(['sh', '-c', 'echo one; echo two >&2; exit 3']);
    expect(end).toMatchObject({ cause: 'exit', exitCode: 3, signal: null, failure: null, truncated: false });
    expect(end.output.toString().split('\n').sort()).toEqual(['', 'one', 'two']);
    expect(end.outputBytes).toBe(8);
    expect(end.durationMs).toBeGreaterThanOrEqual(0);
    expect(Date.now() - end.startedAt).toBeLessThan(20_000);
  });

  it('that a signal ended has no exit code', async () => {
    expect(await run(['sh', '-c', 'kill -SEGV $$'])).toMatchObject({
      cause: 'signal',
      exitCode: null,
      signal: 'SIGSEGV',
    });
  });

  it('gets its arguments as they are, without a shell', async () => {
    // Harmless even if a defect hands it to a shell.
    const canary = join(folder, 'canary');
    writeFileSync(canary, '');
    const literal = [
      `; rm -f ${canary}`,
      `$(rm -f ${canary})`,
      '$(id)',
      '`id`',
      '*',
      '',
      "'",
      '\n',
      '-n',
      '&& echo no',
    ];
    const end = await run([
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...literal,
    ]);
    expect(JSON.parse(end.output.toString())).toEqual(literal);
    expect(existsSync(canary)).toBe(true);
  });

  it('runs in its folder, in a session of its own', async () => {
    let pid = 0;
    const hooks = { onStart: (started: number) => void (pid = started) };
    const end = await run(['sh', '-c', 'pwd; ps -o sid= -p $$'], { cwd: folder, hooks });
    expect(
      end.output
        .toString()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([folder, String(pid), '']);
  });

  it('sees the environment it was given and the marker, nothing else', async () => {
    process.env['BATON_TEST_CANARY'] = 'canary';
    const end = await run(['/usr/bin/env'], { env: { ONLY: 'this' }, taskKey: 'key-1' });
    delete process.env['BATON_TEST_CANARY'];
    expect(end.output.toString().trim().split('\n').sort()).toEqual(['BATON_TASK_KEY=key-1', 'ONLY=this']);
  });
});

describe('standard input', () => {
  it('is at its end where there is none', async () => {
    expect(await run(['cat'])).toMatchObject({ cause: 'exit', exitCode: 0, outputBytes: 0 });
  });

  it('takes 200 KiB and is closed then', async () => {
    const prompt = '--ü'.repeat(50 * 1024);
    const end = await run(['cat'], { stdin: prompt });
    expect(end.output.toString()).toBe(prompt);
  });

  it('that nobody reads is no failure', async () => {
    const end = await run(['true'], { stdin: 'x'.repeat(4 * 1024 * 1024) });
    expect(end).toMatchObject({ cause: 'exit', exitCode: 0 });
  });
});

describe('output', () => {
  it('beyond the limit is cut at a whole character, marked and counted', async () => {
    const end = await run([process.execPath, '-e', 'process.stdout.write("ü".repeat(5000) + "THE END")'], {
      outputBytes: 1023,
    });
    expect(end.output.toString()).toBe(`${'ü'.repeat(511)}\n[output cut at 1023 bytes]\n`);
    expect(end).toMatchObject({ truncated: true, outputBytes: 10_007, exitCode: 0 });
    expect(end.tail.endsWith('THE END')).toBe(true);
  });

  it('keeps bytes that are no UTF-8 as they are', async () => {
    const end = await run(['printf', 'a\\377\\376b\\342\\202']);
    expect([...end.output]).toEqual([0x61, 0xff, 0xfe, 0x62, 0xe2, 0x82]);
    expect(end.tail).toBe('a\ufffd\ufffdb\ufffd');
  });

  it('of one stream never splits a character of the other', async () => {
    const script = `const out = (s, b) => s.write(Buffer.from(b));
      out(process.stdout, [0xe2, 0x82]);
      setTimeout(() => out(process.stderr, [0x21]), 150);
      setTimeout(() => out(process.stdout, [0xac]), 300);`;
    expect((await run([process.execPath, '-e', script])).output.toString()).toBe('!€');
  });

  it('shows its end without control characters and secrets', async () => {
    const end = await run(['printf', '\\033[31mred\\033[0m my-secret-value ghp_abcdefghijklmnopqrstuvwxyz0123456789'], {
      env: { MY_TOKEN: 'my-secret-value' },
    });
    expect(end.tail).toBe('red [redacted] [redacted]');
  });

  it('that its reader refuses ends the process', async () => {
    const onOutput = (): never => {
      throw new Error('not the protocol');
    };
    const end = await run(['sh', '-c', 'echo hello; exec sleep 30'], { hooks: { onOutput } });
    expect(end).toMatchObject({ cause: 'output', exitCode: null });
    expect(end.failure?.message).toContain('not the protocol');
  });
});

describe('a command that cannot be started', () => {
  const cases: [string, string[], object, string, string][] = [
    ['a missing program', ['no-such-program-1'], {}, 'ENOENT', '"no-such-program-1" is not on PATH'],
    ['a missing path', ['./missing'], {}, 'ENOENT', '"./missing" does not exist'],
    ['a folder', ['/tmp'], {}, 'EISDIR', 'is a folder'],
    ['a file that is not executable', ['./plain'], {}, 'EACCES', 'is not executable'],
    ['a missing folder to run in', ['true'], { cwd: '/no/such/folder' }, 'ENOENT', 'the folder "/no/such/folder"'],
    ['a file to run in', ['true'], { cwd: '/etc/passwd' }, 'ENOTDIR', 'is not a folder'],
    ['a missing interpreter', ['./bad-script'], {}, 'ENOENT', 'interpreter'],
    ['an argument over 128 KiB', ['true', 'x'.repeat(200 * 1024)], {}, 'E2BIG', 'too large'],
    ['a NUL byte', ['true', 'a\0b'], {}, 'ERR_INVALID_ARG_VALUE', 'NUL'],
    ['no argument at all', [], {}, 'ENOENT', 'no program'],
    ['a program outside of the PATH given', ['true'], { env: { PATH: '/no/such' } }, 'ENOENT', 'not on PATH'],
  ];
  writeFileSync(join(folder, 'plain'), 'text');
  writeFileSync(join(folder, 'bad-script'), '#!/no/such/interpreter\n');
  chmodSync(join(folder, 'bad-script'), 0o755);

  it.each(cases)('says so: %s', async (_, argv, more, code, message) => {
    const end = await run(argv, { cwd: folder, ...more });
    expect(end).toMatchObject({ cause: 'not_started', exitCode: null, failure: { code } });
    expect(end.failure?.message).toContain(message);
  });

  it('is found by a relative entry of PATH from its own folder', async () => {
    writeFileSync(join(folder, 'mine'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
    expect((await run(['mine'], { cwd: folder, env: { PATH: '.:/usr/bin:/bin' } })).output.toString()).toBe('mine\n');
  });

  it('is not started at all after a cancel', async () => {
    const hooks = { signal: AbortSignal.abort('cancel') };
    expect(await run(['touch', join(folder, 'never')], { hooks })).toMatchObject({ cause: 'cancel', outputBytes: 0 });
  });
});
