import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILTIN_SKILLS } from '../../../src/agents/skills/index.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { SKILL_NAMES, type SkillName } from '../../../src/contract/skills.js';
import { folderWith, git, repositoryWith, shell } from '../../workspace/folders.js';
import { runSkill } from './running.js';

const GIVEN = { given: { purpose: 'test', argv: ['true'], cwd: '.' } };

describe.each(SKILL_NAMES.map(({ name }) => name))('%s', (name: SkillName) => {
  it('is known by its own name and title', () => {
    const entry = SKILL_NAMES.find((one) => one.name === name);
    expect(BUILTIN_SKILLS[name]).toMatchObject({ name, title: entry?.title });
  });

  it('reports on an empty folder, one without git, and a repository without a commit', async () => {
    const unborn = folderWith();
    git(unborn, 'init', '-q');
    for (const folder of [folderWith(), folderWith({ 'a.ts': 'a\n', 'x/b.bin': Buffer.from([0]) }), unborn]) {
      expect(await runSkill(name, folder, GIVEN)).toMatchObject({ v: 1, skill: name, findingsLeftOut: 0 });
    }
  });

  it('writes nothing to a read-only workspace', async () => {
    const folder = repositoryWith({ 'a.ts': 'a\n', 'package.json': '{}' });
    const state = (): string => shell(folder, 'find . -printf "%p %T@ %s\\n" | sort');
    const before = state();
    chmodSync(folder, 0o555);
    await runSkill(name, folder, GIVEN).finally(() => chmodSync(folder, 0o755));
    expect(state()).toBe(before);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('stop');
    const run = runSkill(name, repositoryWith({ 'a.ts': '' }), { ...GIVEN, signal: AbortSignal.abort(reason) });
    await expect(run).rejects.toBe(reason);
  });

  it('refuses a workspace that is not there', async () => {
    const run = runSkill(name, join(folderWith(), 'none'), GIVEN);
    await expect(run).rejects.toMatchObject({ code: 'workspace_missing', path: 'workspace' });
  });
});

it('a file that vanishes in mid-scan is counted, not an error', async () => {
  const folder = folderWith(
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${String(i).padStart(3, '0')}.md`, 'TODO\n'])),
  );
  const progress = (): void => rmSync(join(folder, 'f199.md'), { force: true });
  const report = await runSkill('todo-comments', folder, { progress });
  expect(report.figures).toMatchObject({ lines: 199, 'files that vanished': 1 });
});

it('an abort between two files ends a scan', async () => {
  const folder = folderWith(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}.md`, 'TODO\n'])));
  const controller = new AbortController();
  let calls = 0;
  const progress = (): void => {
    calls += 1;
    controller.abort(new Error('stop'));
  };
  await expect(runSkill('secrets', folder, { progress, signal: controller.signal })).rejects.toThrow('stop');
  expect(calls).toBe(1);
});

it('every report stays within its size and counts what it leaves out', { timeout: 60_000 }, async () => {
  const key = `AKIA${'Q'.repeat(16)}`;
  const long = 'ü"\u0001'.repeat(40);
  const files = Array.from({ length: 400 }, (_, i) => [
    `${long}/f${i}/${long}.ts`,
    `// TODO ${long}\nconst k${i} = '${key}';\nshared line one\ntwo\nthree\nfour\nfive\nsix\n`,
  ]);
  const folder = folderWith(Object.fromEntries(files) as Record<string, string>);
  const totals: Partial<Record<SkillName, number>> = { 'todo-comments': 400, secrets: 400, 'duplicate-code': 399 };
  for (const { name } of SKILL_NAMES) {
    const report = await runSkill(name, folder, GIVEN);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThanOrEqual(LIMITS.skillReportBytes);
    expect(report.findings.length).toBeLessThanOrEqual(LIMITS.findingsPerSkill);
    const total = totals[name];
    if (total !== undefined) expect(report.findings.length + report.findingsLeftOut).toBe(total);
  }
});
