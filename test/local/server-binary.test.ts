import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { cachedBinaryPath, findServerBinary } from '../../src/local/server-binary/find.js';
import { startTimeOf } from '../../src/local/process-identity.js';
import { eventually, temporaryFolder } from './helpers/folders.js';

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';
const program = (version: string): string =>
  `#!/bin/sh\necho "temporal version 1.5.1 (Server ${version}, UI 2.42.1)"\n`;

type Env = Record<string, string>;

/** A machine with nothing: an empty folder first on PATH, an empty cache, the download switched off. */
function machine(more: Env = {}): { env: Env; bin: string } {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  for (const tool of ['sh', 'tar', 'gzip', 'sleep', 'cat', 'cp']) {
    const found = execFileSync('sh', ['-c', `PATH=${SYSTEM_PATH} command -v ${tool}`], { encoding: 'utf8' }).trim();
    execFileSync('ln', ['-s', found, join(tools, tool)]);
  }
  const env = {
    PATH: `${bin}:${tools}`,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    BATON_TEMPORAL_DOWNLOAD_URL: 'off',
    ...more,
  };
  return { env, bin };
}

function install(path: string, text: string, mode = 0o755): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** A place to download from, on loopback; `answer` is what it says for `/cli/v1.5.1`. */
async function downloadSite(
  archive: Buffer,
  answer?: (base: string) => string,
): Promise<{ base: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.startsWith('/cli/v1.5.1?')) {
      response.end(
        answer?.(base) ?? JSON.stringify({ archiveUrl: `${base}/archive.tar.gz`, fileToExtract: 'temporal' }),
      );
    } else if (request.url === '/archive.tar.gz') response.end(archive);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { base, asked };
}

function archiveOf(text: string): Buffer {
  const folder = temporaryFolder();
  install(join(folder, 'temporal'), text, 0o644);
  execFileSync('tar', ['-czf', join(folder, 'a.tgz'), '-C', folder, 'temporal']);
  return readFileSync(join(folder, 'a.tgz'));
}

const leftovers = (env: Env): string[] =>
  readdirSync(join(env['XDG_CACHE_HOME'] ?? '', 'baton', 'temporal')).filter((name) => name.startsWith('.'));

afterEach(() => vi.restoreAllMocks());

describe('the temporal program', () => {
  it('on PATH is taken if its server is new enough', async () => {
    const { env, bin } = machine();
    install(join(bin, 'temporal'), program('1.29.0'));
    expect(await findServerBinary({ env })).toEqual({ path: join(bin, 'temporal'), version: '1.29.0', source: 'PATH' });
  });

  it('on PATH that is too old is passed over for the one in the cache', async () => {
    const { env, bin } = machine();
    install(join(bin, 'temporal'), program('1.28.9'));
    install(cachedBinaryPath(env), program('1.29.1'));
    expect(await findServerBinary({ env })).toMatchObject({ path: cachedBinaryPath(env), source: 'cache' });
  });

  it('is downloaded into the cache, and the second time found there', async () => {
    const { base, asked } = await downloadSite(archiveOf(program('1.29.1')));
    const { env } = machine({ BATON_TEMPORAL_DOWNLOAD_URL: base });
    const lines: string[] = [];
    const found = await findServerBinary({ env, onProgress: (line) => lines.push(line) });
    expect(found).toEqual({ path: cachedBinaryPath(env), version: '1.29.1', source: 'download' });
    expect(lines[0]).toContain(base);
    expect(asked[0]).toMatch(/arch=(amd64|arm64)&platform=(linux|darwin)&format=tar.gz/);
    expect(await findServerBinary({ env })).toMatchObject({ source: 'cache' });
    expect(asked).toHaveLength(2);
    expect(leftovers(env)).toEqual([]);
  });

  it.each([
    ['not to be executable', program('1.29.1'), 0o644],
    ['to be cut off', '\x7fELF', 0o755],
    ['to be something else', '#!/bin/sh\necho hello\n', 0o755],
  ])('that turns out in the cache %s is fetched again', async (_, text, mode) => {
    const { base } = await downloadSite(archiveOf(program('1.29.1')));
    const { env } = machine({ BATON_TEMPORAL_DOWNLOAD_URL: base });
    install(cachedBinaryPath(env), text, mode);
    expect(await findServerBinary({ env })).toMatchObject({ version: '1.29.1', source: 'download' });
  });

  it.each([
    ['no JSON', () => '<html>'],
    [
      'a file outside',
      (base: string) => JSON.stringify({ archiveUrl: `${base}/archive.tar.gz`, fileToExtract: '../temporal' }),
    ],
    [
      'an option for tar',
      (base: string) => JSON.stringify({ archiveUrl: `${base}/archive.tar.gz`, fileToExtract: '--to-command=x' }),
    ],
    ['a place without TLS', () => JSON.stringify({ archiveUrl: 'http://192.0.2.1/a', fileToExtract: 'temporal' })],
    ['too much', () => 'x'.repeat(100_000)],
    ['a missing archive', (base: string) => JSON.stringify({ archiveUrl: `${base}/gone`, fileToExtract: 'temporal' })],
  ])('is not taken from a site that answers with %s', async (_, answer) => {
    const { base } = await downloadSite(archiveOf(program('1.29.1')), answer);
    const { env } = machine({ BATON_TEMPORAL_DOWNLOAD_URL: base });
    await expect(findServerBinary({ env })).rejects.toMatchObject({ code: 'no_server' });
    expect(existsSync(cachedBinaryPath(env))).toBe(false);
    expect(leftovers(env)).toEqual([]);
  });

  it('that was downloaded and does not run is not kept', async () => {
    const { base } = await downloadSite(archiveOf('#!/bin/sh\nexit 1\n'));
    const { env } = machine({ BATON_TEMPORAL_DOWNLOAD_URL: base });
    await expect(findServerBinary({ env })).rejects.toThrow('--version failed');
    expect(existsSync(cachedBinaryPath(env))).toBe(false);
  });

  it('that cannot be had is one error with all that was tried and what to do', async () => {
    const { env, bin } = machine();
    install(join(bin, 'temporal'), program('1.20.0'));
    const error = await findServerBinary({ env }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'no_server', hint: expect.stringContaining('TEMPORAL_ADDRESS') as string });
    const { message } = error as Error;
    for (const part of ['PATH: ', '1.20.0', 'download: switched off', 'go install: Go is not on PATH'])
      expect(message).toContain(part);
  });
});

describe('building it with Go', () => {
  const go = (folder: string, seconds: number): string =>
    `#!/bin/sh\necho $$ >> ${folder}/go-runs\necho compiling >&2\nsleep ${seconds} & echo $! >> ${folder}/go-children\nwait\n` +
    `cat > "$GOBIN/temporal" <<'END'\n${program('1.29.1')}END\n/bin/chmod 755 "$GOBIN/temporal"\n`;

  it('says at once what goes on and leaves the program in the cache', async () => {
    const { env, bin } = machine();
    install(join(bin, 'go'), go(bin, 0.2));
    const lines: string[] = [];
    const found = await findServerBinary({ env, onProgress: (line) => lines.push(line) });
    expect(found).toEqual({ path: cachedBinaryPath(env), version: '1.29.1', source: 'go install' });
    expect(lines.join('\n')).toMatch(/building the Temporal server with Go/);
    expect(leftovers(env)).toEqual([]);
  });

  it('is done once for two that ask at the same time, and the second says that it waits', async () => {
    const { env, bin } = machine();
    install(join(bin, 'go'), go(bin, 1));
    const lines: string[] = [];
    const both = [1, 2].map(() => findServerBinary({ env, onProgress: (line) => lines.push(line) }));
    const sources = (await Promise.all(both)).map(({ source }) => source).sort();
    expect(sources).toEqual(['cache', 'go install']);
    expect(readFileSync(join(bin, 'go-runs'), 'utf8').trim().split('\n')).toHaveLength(1);
    expect(lines.join('\n')).toContain('another command is fetching the Temporal server');
  });

  it('can be interrupted: its processes end and nothing is left', async () => {
    const { env, bin } = machine();
    install(join(bin, 'go'), go(bin, 300));
    const stop = new AbortController();
    const finding = findServerBinary({ env, signal: stop.signal }).catch((error: unknown) => error);
    const child = await eventually('the build', () =>
      existsSync(join(bin, 'go-children'))
        ? Number(readFileSync(join(bin, 'go-children'), 'utf8')) || undefined
        : undefined,
    );
    expect(startTimeOf(child)).toBeDefined();
    stop.abort(new Error('interrupted'));
    expect(await finding).toMatchObject({ message: 'interrupted' });
    await eventually(
      'the end of the build',
      async () => (await sleep(10), startTimeOf(child) === undefined || undefined),
    );
    expect(leftovers(env)).toEqual([]);
    install(join(bin, 'go'), go(bin, 0));
    expect(await findServerBinary({ env })).toMatchObject({ source: 'go install' });
  });
});
