import { describe, expect, it } from 'vitest';
import type { CliRuntime } from '../../../src/contract/cli-runtime.js';
import { CLI_DEFAULTS, PRECONFIGURED } from '../../../src/contract/runtimes/index.js';
import { cliRuntimeFields, cliRuntimeOf } from '../../../src/contract/schemas/cli-runtime.js';

const problems = (fields: object): [string, string][] =>
  (cliRuntimeFields.safeParse(fields).error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]);

const own = { program: 'my-agent', arguments: ['--json'] };

describe('the description of a command line', () => {
  it.each(Object.keys(PRECONFIGURED))('that Baton has for %s is one that a user could write', (name) => {
    const { silenceLimitMs, ...fields } = PRECONFIGURED[name] as CliRuntime;
    const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    const written = JSON.parse(JSON.stringify({ ...said, silenceLimit: `${silenceLimitMs}ms` })) as object;
    const parsed = cliRuntimeFields.parse(written);
    expect(cliRuntimeOf(name, parsed)).toEqual(PRECONFIGURED[name]);
  });

  it('needs a program and its arguments, and nothing else', () => {
    expect(problems({}).map(([path]) => path)).toEqual(['program', 'arguments']);
    expect(cliRuntimeOf('mine', cliRuntimeFields.parse(own))).toEqual({ ...CLI_DEFAULTS, title: 'mine', ...own });
  });

  it('that extends another has its fields where it names none', () => {
    const fields = cliRuntimeFields.parse({ extends: 'codex', program: '/opt/codex', silenceLimit: '2m' });
    expect(cliRuntimeOf('mine', fields)).toEqual({
      ...PRECONFIGURED['codex'],
      program: '/opt/codex',
      silenceLimitMs: 120_000,
    });
  });

  it.each([
    ['program', { program: './agent' }, 'absolute path'],
    ['program', { program: '-x' }, 'not the name'],
    ['arguments.0', { arguments: ['{modle}'] }, '{modle} is nothing known; known are {access}, {model}'],
    ['arguments.0', { arguments: ['--x={access}'] }, 'stands alone'],
    ['errors.0.matches', { errors: [{ matches: '(', means: 'usage_limit' }] }, 'Unterminated group'],
    ['errors.0.means', { errors: [{ matches: 'x', means: 'bad' }] }, 'unknown_session'],
    ['events.0.when', { events: [{ when: {}, done: true }] }, 'every event'],
    ['events.0.text', { events: [{ when: { a: 1 }, text: 'a..b' }] }, 'a path is names'],
    ['exitCodes.x', { exitCodes: { x: 'agent_failed' } }, ''],
    ['variables.0', { variables: ['*'] }, 'name of a variable'],
    ['silenceLimit', { silenceLimit: 'soon' }, 'a duration'],
    ['extends', { extends: 'claude-code' }, 'codex'],
    ['', { unknown: 1 }, 'unknown'],
  ])('with a flaw in %j is refused there', (path, fields, words) => {
    const found = problems({ ...own, ...fields });
    expect(found.map(([at]) => at)).toEqual([path]);
    expect(found[0]?.[1]).toContain(words);
  });
});
