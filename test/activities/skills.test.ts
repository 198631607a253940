import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/agents/runtimes/port.js';
import type { Action } from '../../src/contract/plan.js';
import type { JsonSchema } from '../../src/contract/skill.js';
import { folderWith, repositoryWith } from '../workspace/folders.js';
import { done, stage } from './agents.js';

const output: JsonSchema = { type: 'object', properties: { words: { type: 'integer' } }, required: ['words'] };
const program = (script: string, more: Partial<Action & { kind: 'program' }> = {}) => ({
  id: 'count',
  action: {
    kind: 'program' as const,
    skill: 'count',
    argv: ['node', '-e', script],
    with: { text: 'a b' },
    output,
    source: 'user' as const,
    path: '/skills/count/SKILL.md',
    ...more,
  },
});
const COUNT = `let t=''; process.stdin.on('data', d => t += d).on('end', () => {
  console.error('a note'); console.log(JSON.stringify({ words: JSON.parse(t).text.split(' ').length, summary: 'counted' })) })`;

describe('the program of a skill', () => {
  it('reads its input as JSON and prints its result, which is kept and told', async () => {
    const { deps, deliver } = await stage(folderWith(), {}, [program(COUNT)]);
    const result = await deliver('count').ended;
    const value = { words: 2, summary: 'counted' };
    expect(result).toMatchObject({ kind: 'completed', summary: 'counted', output: value });
    const { artifacts } = result as { artifacts: { sha256: string; name: string }[] };
    expect(artifacts[0]?.name).toBe('count.json');
    expect(JSON.parse(await deps.artifacts.getText(artifacts[0]?.sha256 ?? ''))).toEqual(value);
  });

  it.each([
    ['no JSON', `console.log('hello')`, 'skill_output', /is no JSON/],
    ['another shape', `console.log('{"words": "two"}')`, 'skill_output', /result\.words: must be integer/],
    ['too much', `process.stdout.write('[' + '1,'.repeat(5e6))`, 'skill_output', /bytes; at most/],
    ['a failure', `console.error('no'); process.exit(3)`, 'command_failed', /exit code 3/],
  ])('fails its task by %s', async (_, script, code, message) => {
    const { deliver } = await stage(folderWith(), {}, [program(script)]);
    const result = await deliver('count').ended;
    expect(result).toMatchObject({
      kind: 'failed',
      error: { code, message: expect.stringMatching(message) as string },
    });
  });
});

describe('an agent that carries out a skill', () => {
  const ask = { kind: 'agent' as const, prompt: 'Count.', effect: 'optional' as const };
  const skill = { name: 'count', about: 'Counts.', tools: null, output };
  const said = async (text: string) => {
    const runtime: Runtime = () => Promise.resolve(done(text));
    const drafts = [{ id: 'fix', action: { ...ask, skill } }];
    const { deliver } = await stage(repositoryWith({ a: '1' }), { command: runtime }, drafts);
    return deliver('fix').ended;
  };

  it('gives the JSON that its skill promises, alone or as the last block of its answer', async () => {
    for (const text of ['{"words": 3}', 'There:\n\n```json\n{"words": 1}\n```\nor\n```\n{"words": 3}\n```\n'])
      expect(await said(text)).toMatchObject({ kind: 'completed', output: { result: { words: 3 } } });
  });

  it('fails by another answer', async () => {
    expect(await said('three')).toMatchObject({ kind: 'failed', error: { code: 'skill_output' } });
    expect(await said('{}')).toMatchObject({
      error: { message: expect.stringMatching(/result\.words: missing/) as string },
    });
  });
});
