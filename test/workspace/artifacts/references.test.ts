import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { referencesIn } from '../../../src/workspace/artifacts/references.js';

const base = mkdtempSync(join(tmpdir(), 'baton-references-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function found(files: Record<string, string>): Promise<Set<string>> {
  const folder = mkdtempSync(join(base, 'request-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const digests = new Set<string>();
  await referencesIn(folder, (digest) => digests.add(digest));
  return digests;
}

describe('what the files of a request refer to', () => {
  it('are the digests in them, as values and in paths, and those of the files themselves', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(sha256) as [string, string, string];
    const plan = '{"tasks":[]}';
    const digests = await found({
      'tasks.jsonl': `\n{"sha256":"${a}"}\n`,
      'report.md': `see \`/home/artifacts/sha256/${b.slice(0, 2)}/${b.slice(2)}\``,
      'deeper/more.json': `["${c}"]`,
      'plan.json': plan,
    });
    for (const digest of [a, b, c, sha256(plan)]) expect(digests).toContain(digest);
  });

  it('are found wherever they stand in a file that is read in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -70, max: 5 }), fc.boolean(), async (offset, isPath) => {
        const digest = sha256(String(offset));
        const shown = isPath ? `${digest.slice(0, 2)}/${digest.slice(2)}` : digest;
        const text = `${'x'.repeat(256 * 1024 + offset)}${shown}"`;
        expect(await found({ 'big.json': text })).toContain(digest);
      }),
      { numRuns: 60 },
    );
  });

  it('are no parts of longer digests, and nothing behind links', async () => {
    const digest = sha256('x');
    expect(await found({ 'a.json': `"${digest}${digest}"` })).not.toContain(digest);
    const folder = mkdtempSync(join(base, 'request-'));
    writeFileSync(join(base, 'outside.json'), `"${digest}"`);
    symlinkSync(join(base, 'outside.json'), join(folder, 'link.json'));
    const digests: string[] = [];
    await referencesIn(folder, (each) => digests.push(each));
    expect(digests).toEqual([]);
  });
});
