import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/contract/errors.js';
import { parseRequestInput } from '../../src/contract/schemas/request.js';

function refusal(value: unknown): BatonError {
  try {
    parseRequestInput(value);
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('a request', () => {
  it('needs no more than a description', () => {
    expect(parseRequestInput({ description: 'x' })).toEqual({ description: 'x' });
  });

  it('is read with every field', () => {
    const request = {
      v: 1,
      description: 'x',
      context: { a: [1] },
      priority: 'high',
      constraints: {
        deadline: '2026-01-01T00:00:00Z',
        budget: { usd: 1.5, tokens: 10, wallMs: 5 },
        maintainCompatibility: true,
      },
      preferences: {},
      workspace: { host: 'h', path: '/w' },
      interaction: 'minimal',
      playbook: 'quality-analysis',
      yes: true,
      maxParallel: 3,
      plan: { digest: 'a'.repeat(64) },
      signature: 'b'.repeat(64),
    };
    expect(parseRequestInput(request)).toEqual(request);
  });

  it('may be spelled in snake_case', () => {
    const given = {
      description: 'x',
      max_parallel: 2,
      constraints: { maintain_compatibility: true, budget: { wall_time: '2m' } },
    };
    expect(parseRequestInput(given)).toEqual({
      description: 'x',
      maxParallel: 2,
      constraints: { maintainCompatibility: true, budget: { wallMs: 120_000 } },
    });
    expect(given.max_parallel).toBe(2);
  });

  it('may hold a plan of the plan file’s shape, which becomes a draft', () => {
    const { plan } = parseRequestInput({ description: 'x', plan: { tasks: [{ id: 'a', command: ['true'] }] } });
    expect(plan).toMatchObject({
      v: 1,
      name: 'plan',
      tasks: [{ action: { kind: 'command', argv: ['true'] }, retries: 0 }],
    });
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, '(root)'],
    ['null', null, '(root)'],
    ['a list', [], '(root)'],
    ['no description', {}, 'description'],
    ['a blank description', { description: '  ' }, 'description'],
    ['a long description', { description: 'x'.repeat(102_401) }, 'description'],
    ['an unknown field', { description: 'x', foo: 1 }, 'foo'],
    ['a field of a constraint', { description: 'x', constraints: { foo: 1 } }, 'constraints.foo'],
    ['both spellings', { description: 'x', max_parallel: 1, maxParallel: 2 }, 'max_parallel'],
    ['a negative budget', { description: 'x', constraints: { budget: { usd: -1 } } }, 'constraints.budget.usd'],
    ['a wrong deadline', { description: 'x', constraints: { deadline: 'tomorrow' } }, 'constraints.deadline'],
    ['a wrong priority', { description: 'x', priority: 5 }, 'priority'],
    ['no slots', { description: 'x', maxParallel: 0 }, 'maxParallel'],
    ['a workspace with NUL', { description: 'x', workspace: '/a\0b' }, 'workspace'],
    ['a workspace without path', { description: 'x', workspace: { host: 'h' } }, 'workspace.path'],
    ['__proto__', JSON.parse('{"description": "x", "__proto__": {"yes": true}}'), '["__proto__"]'],
    ['a short digest', { description: 'x', plan: { digest: 'a' } }, 'plan.digest'],
    ['a wrong signature', { description: 'x', signature: 'b' }, 'signature'],
    ['a plan that is a text', { description: 'x', plan: 'p' }, 'plan'],
    [
      'a plan with a mistake',
      { description: 'x', plan: { tasks: [{ id: 'a', command: [] }] } },
      'plan.tasks[0].command',
    ],
    ['more than 1 MiB', { description: 'x', context: { a: 'y'.repeat(1024 * 1024) } }, '(root)'],
  ])('with %s is refused at its path', (_, value, path) => {
    const error = refusal(value);
    expect(error).toMatchObject({ code: 'bad_input', path: path.replace('["__proto__"]', '__proto__') });
    expect(error.hint).toBeTruthy();
  });

  it('with a plan of later work is not supported', () => {
    expect(
      refusal({ description: 'x', plan: { tasks: [{ id: 'a', command: ['x'], checkpoint: true }] } }),
    ).toMatchObject({
      code: 'not_supported',
      path: 'plan.tasks[0].checkpoint',
    });
  });

  it('is a request or a BatonError, whatever it is', () => {
    const part = fc.dictionary(
      fc.constantFrom('description', 'constraints', 'budget', 'plan', 'workspace', 'tasks'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), part), (value) => {
        try {
          parseRequestInput(value);
        } catch (error) {
          expect(error).toBeInstanceOf(BatonError);
        }
      }),
    );
  });
});
