import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInTools } from '../../../src/agents/model/tools/index.js';
import { checkInput, ToolError, type ToolPlace } from '../../../src/agents/model/tools/tool.js';
import { globMatcher } from '../../../src/activities/permissions/judge.js';
import type { Json } from '../../../src/contract/json.js';
import { folderWith } from '../../workspace/folders.js';

const TOOLS = builtInTools((pattern) => globMatcher([pattern]));

function placeIn(cwd: string, more: Partial<ToolPlace> = {}): ToolPlace {
  return {
    cwd,
    mayRead: (path) => !path.startsWith('secret'),
    mayWrite: (path) => path.startsWith('src/'),
    run: ([program = '', ...args]) =>
      new Promise((resolve) => execFile(program, args, { cwd }, (error, text) => resolve({ text, isOk: !error }))),
    ...more,
  };
}

async function use(name: string, input: Record<string, Json>, place: ToolPlace): Promise<string> {
  const tool = TOOLS.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool.run(checkInput(tool.schema, input), place);
}

const tree = (): string =>
  folderWith({ 'src/a.ts': 'one\ntwo\ntwo\n', 'secret/key': 'two\n', 'b.md': 'x\n', '.git/config': 'two\n' });

describe('the tools of a model', () => {
  it('read a file with line numbers, or a part of it', async () => {
    const place = placeIn(tree());
    expect(await use('Read', { file_path: 'src/a.ts' }, place)).toBe('1\tone\n2\ttwo\n3\ttwo\n4\t');
    expect(await use('Read', { file_path: join(place.cwd, 'src/a.ts'), offset: 2, limit: 1 }, place)).toBe('2\ttwo');
  });

  it('list, find and search only what may be read', async () => {
    const place = placeIn(tree());
    expect(await use('LS', {}, place)).toBe('b.md\nsecret/\nsrc/');
    expect(await use('Glob', { pattern: '**/*' }, place)).toBe('b.md\nsrc/a.ts');
    expect(await use('Grep', { pattern: 't.o' }, place)).toBe('src/a.ts:2:two\nsrc/a.ts:3:two');
    expect(await use('Grep', { pattern: 'none' }, place)).toBe('(nothing)');
  });

  it('write and edit what may be written, a text that stands there once', async () => {
    const place = placeIn(tree());
    await use('Write', { file_path: 'src/new/c.ts', content: 'new' }, place);
    await use('Edit', { file_path: 'src/a.ts', old_string: 'one', new_string: '$& 1' }, place);
    expect(readFileSync(join(place.cwd, 'src/new/c.ts'), 'utf8')).toBe('new');
    expect(readFileSync(join(place.cwd, 'src/a.ts'), 'utf8')).toBe('$& 1\ntwo\ntwo\n');
    const twice = { file_path: 'src/a.ts', old_string: 'two', new_string: '2' };
    await expect(use('Edit', twice, place)).rejects.toThrow('it stands there 2 times');
    await use('Edit', { ...twice, replace_all: true }, place);
    expect(readFileSync(join(place.cwd, 'src/a.ts'), 'utf8')).toBe('$& 1\n2\n2\n');
    await expect(use('Edit', twice, place)).rejects.toThrow('does not stand in the file; new_string does');
  });

  it.each([
    ['Read', { file_path: '../x' }],
    ['Read', { file_path: '/etc/passwd' }],
    ['Read', { file_path: 'out/passwd' }],
    ['Read', { file_path: 'secret/key' }],
    ['Read', { file_path: '.git/config' }],
    ['Write', { file_path: 'b.md', content: '' }],
    ['Write', { file_path: 'src/.git/config', content: '' }],
    ['Write', { file_path: 'src/../b.md', content: '' }],
    ['Grep', { pattern: 'x', path: '..' }],
  ])('%s %j is denied', async (name, input) => {
    const cwd = tree();
    symlinkSync('/etc', join(cwd, 'out'));
    const error: unknown = await use(name, input, placeIn(cwd, { mayWrite: (path) => path.startsWith('src') })).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ToolError);
    expect((error as ToolError).isDenied).toBe(true);
  });

  it.each([
    [{}, 'file_path: is missing'],
    [{ file_path: 1 }, 'type string'],
    [{ file_path: 'a', more: 1 }, 'unknown field'],
    [{ file_path: 'a', offset: 1.5 }, 'type integer'],
    ['text', 'not an object'],
    [{ file_path: 'none' }, 'there is no such file'],
    [{ file_path: 'src' }, 'not a file'],
  ])('an input that does not fit is told: %j', async (input, message) => {
    await expect(use('Read', input as Record<string, Json>, placeIn(tree())).then()).rejects.toThrow(message);
  });
});
