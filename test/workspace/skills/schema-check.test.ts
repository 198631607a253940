import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/contract/json.js';
import type { JsonSchema } from '../../../src/contract/skill.js';
import { loadSchemas } from '../../../src/workspace/skills/schema-check.js';

const { check, flawOf } = await loadSchemas();

describe('the check of a value against a JSON Schema', () => {
  const schema: JsonSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      depth: { type: 'integer' },
      files: { type: 'array', items: { type: 'object', required: ['a/b'] } },
      how: { enum: ['fast', 'well'] },
      mail: { type: 'string', format: 'email' },
    },
    required: ['depth'],
    additionalProperties: false,
  };
  it.each<[string, Json, unknown]>([
    ['nothing wrong', { depth: 1, mail: 'a format says nothing' }, []],
    ['what is missing, where it should be', {}, [{ path: ['depth'], message: 'missing' }]],
    [
      'names with slashes, and positions of lists',
      { depth: 1, files: [{ 'a/b': 1 }, {}] },
      [{ path: ['files', 1, 'a/b'], message: 'missing' }],
    ],
    ['an unknown field', { depth: 1, x: 1 }, [{ path: ['x'], message: 'unknown field' }]],
    ['a choice', { depth: 1, how: 'x' }, [{ path: ['how'], message: 'must be one of "fast","well"' }]],
    ['a type', 'text', [{ path: [], message: 'must be object' }]],
  ])('tells %s', (_, value, flaws) => {
    expect(check(schema, value)).toEqual(flaws);
  });

  it('ends where a pattern would take for ever', () => {
    const slow: JsonSchema = { type: 'string', pattern: '^(a+)+$' };
    expect(check(slow, `${'a'.repeat(60)}!`)).toEqual([
      { path: [], message: expect.stringMatching(/cannot be checked: .*timed out/) as string },
    ]);
  });

  it('says why something is no schema, and takes two with one $id', () => {
    expect(flawOf({ type: 'wrong' })).toMatch(/type/);
    expect(flawOf({ $ref: 'https://example.org/other' })).toMatch(/can't resolve reference/);
    expect([flawOf({ $id: 'x', type: 'string' }), flawOf({ $id: 'x', type: 'number' })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
