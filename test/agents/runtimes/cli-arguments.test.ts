import { describe, expect, it } from 'vitest';
import { accessOf, startOf } from '../../../src/agents/runtimes/cli-arguments.js';
import type { CliRuntime } from '../../../src/contract/cli-runtime.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { CODEX } from '../../../src/contract/runtimes/codex.js';
import { CLI_DEFAULTS } from '../../../src/contract/runtimes/index.js';
import { agentOf } from './running.js';

const cliOf = (more: Partial<CliRuntime>): CliRuntime => ({ ...CLI_DEFAULTS, title: 'X', program: 'x', ...more });

describe('the arguments of a described command line', () => {
  it('leave out a list whose name in braces has no value', () => {
    const agent = agentOf({ tools: ['Read'] });
    const { argv } = startOf(CODEX, { agent, prompt: 'do it', session: undefined });
    expect(argv.slice(0, 4)).toEqual(['codex', 'exec', '--json', '--sandbox=read-only']);
    expect(argv.at(-1)).toBe('-');
    expect(argv.join(' ')).not.toMatch(/model|resume/);
  });

  it('hold model, session and limits where there are any', () => {
    const agent = agentOf({ model: 'gpt-5.5', tools: ['Edit'], limits: { maxTurns: 3 } });
    const { argv } = startOf(CODEX, { agent, prompt: 'do it', session: 's-1' });
    expect(argv).toContain('--model=gpt-5.5');
    expect(argv).toContain('--sandbox=workspace-write');
    expect(argv.slice(-3)).toEqual(['resume', 's-1', '-']);
    const turns = cliOf({ arguments: [['--turns', '{maxTurns}']] });
    expect(startOf(turns, { agent, prompt: '', session: undefined }).argv).toEqual(['x', '--turns', '3']);
  });

  it('never fill in what stands in braces in a value', () => {
    const cli = cliOf({ arguments: [['--system={systemPrompt}']] });
    const agent = agentOf({ prompt: 'say {model} and $&', model: 'm' });
    expect(startOf(cli, { agent, prompt: 'p', session: undefined }).argv).toEqual(['x', '--system=say {model} and $&']);
  });

  it('give way to the prompt for an own prompt that could be an option, or is too long', () => {
    const cli = cliOf({ arguments: [['--system', '{systemPrompt}']] });
    for (const prompt of ['--help', 'x'.repeat(LIMITS.agentArgumentBytes + 1), 'a\0b']) {
      const start = startOf(cli, { agent: agentOf({ prompt }), prompt: 'do it', session: undefined });
      expect(start).toEqual({ argv: ['x'], stdin: `${prompt}\n\ndo it` });
    }
  });

  it('hold the prompt where that is said, never as an option and never too long', () => {
    const cli = cliOf({ arguments: ['--message', '{prompt}'] });
    const start = (prompt: string) => startOf(cli, { agent: agentOf({}), prompt, session: undefined });
    expect(start('do it')).toEqual({ argv: ['x', '--message', 'do it'], stdin: '' });
    expect(start('--help').argv).toEqual(['x', '--message', ' --help']);
    expect(() => start('x'.repeat(LIMITS.argumentBytes))).toThrow(expect.objectContaining({ code: 'bad_input' }));
  });

  it('say that it was interrupted only to a session that goes on', () => {
    const stdin = (cli: CliRuntime) => startOf(cli, { agent: agentOf({}), prompt: 'do it', session: 's' }).stdin;
    expect(stdin(CODEX)).toContain('You were interrupted');
    expect(stdin(cliOf({}))).toBe('do it');
  });
});

describe('the access of an agent', () => {
  it.each([
    [[], 'read'],
    [['Read', 'Grep'], 'read'],
    [['Edit(docs/**)', 'Bash(npm test:*)'], 'read'],
    [['Read', 'Write'], 'edit'],
    [['Edit', 'Bash(npm test:*)'], 'edit'],
    [['Bash'], 'run'],
  ] as const)('with the tools %j is %s', (tools, access) => {
    expect(accessOf(tools)).toBe(access);
  });
});
