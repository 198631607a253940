import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE, SEARCH_ATTRIBUTES } from '../../src/contract/names.js';

const DEPLOY = resolve(import.meta.dirname, '../../deploy');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-jobs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program on the job's PATH that records how it was called and then does what `body` says. */
function standIn(program: string, body: string): void {
  const path = join(folder, program);
  writeFileSync(path, `#!/bin/sh\necho "$*" >> '${folder}/calls'\n${body}\n`);
  chmodSync(path, 0o755);
}

function runJob(script: string, env: Record<string, string> = {}): Promise<{ code: number; calls: string[] }> {
  return new Promise((done) => {
    const options = { env: { PATH: `${folder}:/usr/bin:/bin`, ...env }, timeout: 15_000 };
    execFile('/bin/sh', [join(DEPLOY, script)], options, (error) => {
      const recorded = join(folder, 'calls');
      const calls = existsSync(recorded) ? readFileSync(recorded, 'utf8').trim().split('\n') : [];
      done({ code: error ? 1 : 0, calls });
    });
  });
}

describe('the schema job', () => {
  it('creates, sets up and updates both databases, in that order', async () => {
    standIn('temporal-sql-tool', '');
    const { code, calls } = await runJob('schema.sh');
    expect(code).toBe(0);
    expect(calls).toEqual(
      ['temporal', 'visibility'].flatMap((store) => {
        const database = store === 'temporal' ? 'temporal' : 'temporal_visibility';
        return [
          `--db ${database} create`,
          `--db ${database} setup-schema -v 0.0`,
          `--db ${database} update-schema -d /etc/temporal/schema/postgresql/v12/${store}/versioned`,
        ];
      }),
    );
  });

  it('stops at the first step that fails', async () => {
    standIn('temporal-sql-tool', 'case "$*" in *setup-schema*) exit 1 ;; esac');
    expect(await runJob('schema.sh')).toEqual({
      code: 1,
      calls: ['--db temporal create', '--db temporal setup-schema -v 0.0'],
    });
  });
});

describe('the namespace job', () => {
  const environment = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: NAMESPACE };

  it("registers the namespace where it is missing, and all of Baton's search attributes", async () => {
    standIn('temporal', 'case "$*" in *describe*) exit 1 ;; esac');
    const { code, calls } = await runJob('namespace.sh', environment);
    expect(code).toBe(0);
    expect(calls).toContain(`operator namespace create --namespace ${NAMESPACE} --retention 30d`);
    const attributes = SEARCH_ATTRIBUTES.map((name) => `--name ${name} --type Keyword`).join(' ');
    expect(calls.at(-1)).toBe(`operator search-attribute create ${attributes}`);
  });

  it('leaves a namespace that exists as it is', async () => {
    standIn('temporal', '');
    const { code, calls } = await runJob('namespace.sh', environment);
    expect(code).toBe(0);
    expect(calls.filter((call) => call.includes('namespace create'))).toEqual([]);
  });

  it('waits until the server is healthy', async () => {
    standIn('sleep', '');
    standIn('temporal', `case "$*" in *health*) [ "$(grep -c health '${folder}/calls')" -ge 3 ] ;; esac`);
    const { code, calls } = await runJob('namespace.sh', environment);
    expect(code).toBe(0);
    expect(calls.filter((call) => call.includes('health'))).toHaveLength(3);
  });

  it('gives up on a server that never becomes healthy', async () => {
    standIn('sleep', '');
    standIn('temporal', 'exit 1');
    const { code, calls } = await runJob('namespace.sh', environment);
    expect(code).toBe(1);
    expect(calls.some((call) => call.includes('search-attribute'))).toBe(false);
  });
});
