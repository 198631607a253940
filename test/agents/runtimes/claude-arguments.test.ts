import { describe, expect, it } from 'vitest';
import { claudeArguments, claudeEnvironment, claudePrompt } from '../../../src/agents/runtimes/claude-arguments.js';
import { RUNTIME_VARIABLES } from '../../../src/agents/runtimes/index.js';
import { taskEnvironment } from '../../../src/agents/process/environment.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { agentOf, runOf } from './running.js';

describe('the arguments of Claude Code', () => {
  it('offer the tools of the agent and allow their rules, nothing else', () => {
    const args = claudeArguments(agentOf({ tools: ['Edit', 'Bash(git status)', 'Bash(npm test *)'] }));
    expect(args[args.indexOf('--tools') + 1]).toBe('Edit,Bash');
    expect(args).toContain('--allowedTools=Edit,Bash(git status),Bash(npm test *)');
    expect(args[args.indexOf('--permission-mode') + 1]).toBe('dontAsk');
    expect(args[args.indexOf('--setting-sources') + 1]).toBe('user');
  });

  it('offer no tool at all to an agent without tools', () => {
    const args = claudeArguments(agentOf({}));
    expect(args[args.indexOf('--tools') + 1]).toBe('');
    expect(args.some((arg) => arg.startsWith('--allowedTools'))).toBe(false);
  });

  it.each(['--dangerously-skip-permissions', '', 'Edit,Bash', 'Edit Bash', 'Bash(x),Write', 'default', 'A\0'])(
    'never hold a tool that could be something else: %j',
    (tool) => {
      const make = (): string[] => claudeArguments(agentOf({ tools: [tool] }));
      expect(make).toThrow(expect.objectContaining({ code: 'bad_input', path: 'tools' }));
    },
  );

  it('hold it to what was set aside for it, else to what its agent states', () => {
    const agent = agentOf({ limits: { maxCostUsd: 2 } });
    expect(claudeArguments(agent, { budgetUsd: 0.5 })).toContain('--max-budget-usd=0.500000');
    expect(claudeArguments(agent)).toContain('--max-budget-usd=2.000000');
    expect(claudeArguments(agentOf({})).join(' ')).not.toContain('max-budget');
  });

  it('carry texts that begin with a dash inside of their option', () => {
    const agent = agentOf({ prompt: '--dangerously-skip-permissions', model: '-p', limits: { maxTurns: 3 } });
    const args = claudeArguments(agent, { session: '0-1' });
    expect(args).not.toContain('--dangerously-skip-permissions');
    expect(args.slice(-4)).toEqual([
      '--model=-p',
      '--max-turns=3',
      '--append-system-prompt=--dangerously-skip-permissions',
      '--resume=0-1',
    ]);
  });

  it('leave a prompt too large for an argument to standard input', () => {
    const agent = agentOf({ prompt: 'x'.repeat(LIMITS.agentArgumentBytes + 1) });
    expect(claudeArguments(agent).join('')).not.toContain('append');
    expect(claudePrompt(runOf({ agent }))).toBe(`${agent.prompt}\n\ndo it`);
    expect(claudePrompt(runOf({ agent: agentOf({ prompt: 'short' }) }))).toBe('do it');
  });
});

describe('the environment of Claude Code', () => {
  const task = { requestId: 'r', taskId: 't', epoch: 0, attempt: 0, idempotencyKey: 'k', taskKey: 'key' };
  const environmentOf = (worker: NodeJS.ProcessEnv): Record<string, string> =>
    claudeEnvironment(taskEnvironment({ worker, declared: RUNTIME_VARIABLES['claude-code'], task, extra: {} }));

  it('has its own variables, few retries and no other traffic', () => {
    expect(environmentOf({ ANTHROPIC_API_KEY: 'k', CLAUDE_CONFIG_DIR: '/c', AWS_SECRET: 's' })).toMatchObject({
      ANTHROPIC_API_KEY: 'k',
      CLAUDE_CONFIG_DIR: '/c',
      CLAUDE_CODE_MAX_RETRIES: '2',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    });
    expect(environmentOf({ CLAUDE_CODE_MAX_RETRIES: '7' })['CLAUDE_CODE_MAX_RETRIES']).toBe('7');
    expect(environmentOf({ AWS_SECRET: 's' })).not.toHaveProperty('AWS_SECRET');
  });

  it('has none that skip permissions or belong to another session', () => {
    const env = environmentOf({
      CLAUDE_CODE_EVEN_MORE_DANGEROUSLY_SKIP_PERMISSIONS: '1',
      CLAUDE_CODE_SESSION_ID: 's',
      CLAUDE_CODE_ENTRYPOINT: 'cli',
      CLAUDE_CODE_OAUTH_TOKEN: 'token',
    });
    expect(
      Object.keys(env)
        .filter((name) => name.startsWith('CLAUDE_CODE_'))
        .sort(),
    ).toEqual(['CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC', 'CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CODE_OAUTH_TOKEN']);
  });
});
