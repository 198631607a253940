import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LIMITS } from '../../../src/contract/limits.js';
import { compile } from '../process/compiled.js';
import { agentOf } from './running.js';

const MEMORY_BYTES = 64 * 1024 * 1024;

let compiled: ReturnType<typeof compile>;
beforeAll(() => void (compiled = compile()));
afterAll(() => compiled.remove());

/** A process that runs the agent twice, first in peace, then flooding, and tells by how much it grew. */
const program = (): string => `
  import { RUNTIME_BY_NAME } from ${JSON.stringify(compiled.url('agents/runtimes/index.js'))};
  const agent = ${JSON.stringify(agentOf({}))};
  const run = (bytes) => RUNTIME_BY_NAME['claude-code']({ agent, prompt: 'x', cwd: '/', taskKey: 'baton-test-' + process.pid,
    env: { PATH: ${JSON.stringify(compiled.folder)} + ':' + process.env.PATH, BYTES: bytes }, timeLimitMs: 100000 },
    { signal: new AbortController().signal, onActivity: () => undefined });
  await run('1');
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => { most = Math.max(most, process.memoryUsage().rss); }, 10);
  const end = await run('1G');
  clearInterval(timer);
  console.log(JSON.stringify({ grown: most - before, kind: end.kind, code: end.error?.code, tail: end.tail.length }));
`;

it('1 GiB without a line end from an agent costs at most 64 MiB', async () => {
  writeFileSync(compiled.file('claude'), '#!/bin/sh\nhead -c "$BYTES" /dev/zero | tr "\\\\0" x\n');
  chmodSync(compiled.file('claude'), 0o755);
  const file = compiled.file('flood-agent.js');
  writeFileSync(file, program());
  const grown: number[] = [];
  // When the collector frees the pieces that were read varies; what is kept does not, and would show every time.
  for (let round = 0; round < 3 && !(Math.min(...grown) < MEMORY_BYTES); round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    const seen = JSON.parse(stdout) as Record<string, number>;
    expect(seen).toMatchObject({ kind: 'failed', code: 'agent_failed' });
    expect(seen['tail']).toBeLessThanOrEqual(LIMITS.outputPreviewBytes);
    grown.push(seen['grown'] ?? Infinity);
  }
  expect(Math.min(...grown), `grown by ${grown.join(', ')} bytes`).toBeLessThan(MEMORY_BYTES);
}, 120_000);
