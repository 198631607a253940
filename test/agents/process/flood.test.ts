import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compile } from './compiled.js';

const LIMIT = 64 * 1024 * 1024;

let compiled: ReturnType<typeof compile>;
beforeAll(() => void (compiled = compile()));
afterAll(() => compiled.remove());

const program = (runUrl: string): string => `
  import { runProcess } from ${JSON.stringify(runUrl)};
  const spec = (argv) => ({ argv, cwd: '/', env: { PATH: process.env.PATH }, taskKey: 'baton-test-flood-' + process.pid,
    timeLimitMs: 60000, killGraceMs: 1500, outputBytes: 8 * 1024 * 1024 });
  const hooks = { signal: new AbortController().signal };
  await runProcess(spec(['true']), hooks);
  const before = process.memoryUsage().rss;
  let most = before, turns = 0;
  const timer = setInterval(() => { turns++; most = Math.max(most, process.memoryUsage().rss); }, 10);
  const end = await runProcess(spec(['head', '-c', '1G', '/dev/zero']), hooks);
  clearInterval(timer);
  console.log(JSON.stringify({ grown: most - before, turns, ms: end.durationMs, cause: end.cause, code: end.exitCode,
    truncated: end.truncated, printed: end.outputBytes, kept: end.output.length, last: end.output.subarray(-25).toString() }));
`;

it('1 GiB without a line end is read, cut and counted in bounded memory, and nothing else has to wait', async () => {
  const file = compiled.file('flood.js');
  writeFileSync(file, program(compiled.url('agents/process/run.js')));
  const marker = '\n[output cut at 8 MiB]\n';
  const grown: number[] = [];
  // When the collector frees the pieces that were read varies; what is kept does not, and would show every time.
  for (let round = 0; round < 3 && Math.min(...grown) >= LIMIT; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    const seen = JSON.parse(stdout) as Record<string, number>;
    expect(seen).toMatchObject({ cause: 'exit', code: 0, truncated: true, printed: 2 ** 30 });
    expect(seen['kept']).toBe(8 * 1024 * 1024 + marker.length);
    expect(String(seen['last']).endsWith(marker)).toBe(true);
    expect(seen['turns']).toBeGreaterThan(5);
    grown.push(seen['grown'] ?? Infinity);
  }
  expect(Math.min(...grown), `grown by ${grown.join(', ')} bytes`).toBeLessThan(LIMIT);
}, 120_000);
