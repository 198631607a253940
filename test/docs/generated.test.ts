import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { documents, filled } from '../../scripts/docs/documents.mjs';
import { read, sources } from './sources.js';

let made: { path: string; text: string }[];
beforeAll(async () => {
  made = await documents(sources, read);
});

describe('what the documents take from the code', () => {
  it('is what stands in them; if not, run: npm run build && node scripts/docs.mjs', () => {
    expect(made.length).toBeGreaterThanOrEqual(10);
    const stale = made.filter(({ path, text }) => read(path) !== text).map(({ path }) => path);
    expect(stale).toEqual([]);
  });

  it('is missed where the code has changed', async () => {
    const changed = { ...sources, errors: { ...sources.errors, lost: { fate: 'terminal', exit: 1, means: 'x' } } };
    const files = await documents(changed, read);
    const different = files.filter(({ text }, i) => text !== made[i]?.text).map(({ path }) => path);
    expect(different).toEqual(['docs/reference/commands.md', 'docs/reference/errors.md']);
  });

  it('is refused where words for it are missing, or left over', async () => {
    const more = { ...sources, messages: [...sources.messages, 'shout'] };
    await expect(documents(more, read)).rejects.toThrow('messages: no words for shout');
    const fewer = { ...sources, queries: sources.queries.slice(1) };
    await expect(documents(fewer, read)).rejects.toThrow('nothing called progress');
  });

  it('has a place for each part and a part for each place', () => {
    const place = '<!-- generated: a -->\nold\n<!-- end of a -->';
    expect(filled('x.md', place, { a: 'new' })).toBe('<!-- generated: a -->\n\nnew\n\n<!-- end of a -->');
    expect(() => filled('x.md', place, { a: '1', b: '2' })).toThrow('no place for "b"');
    expect(() => filled('x.md', place, {})).toThrow('nothing is generated for "a"');
  });
});

describe('the schemas for editors', () => {
  const schemaOf = (name: string): object => JSON.parse(read(`docs/reference/${name}.schema.json`)) as object;
  const accepts = (name: string, value: unknown): boolean =>
    new Ajv2020({ strict: false }).compile(schemaOf(name))(value);

  it('accept a plan and refuse one with an unknown field', () => {
    expect(accepts('plan', { tasks: [{ id: 'a', command: ['true'] }] })).toBe(true);
    expect(accepts('plan', { tasks: [{ id: 'a', comand: ['true'] }] })).toBe(false);
    expect(accepts('plan', { tasks: [] })).toBe(false);
  });

  it('accept a configuration and refuse one with an unknown field or a number as a duration', () => {
    expect(accepts('baton', { maxParallel: 4, taskTimeLimit: '30m' })).toBe(true);
    expect(accepts('baton', { maxParalel: 4 })).toBe(false);
    expect(accepts('baton', { taskTimeLimit: 30 })).toBe(false);
  });
});
