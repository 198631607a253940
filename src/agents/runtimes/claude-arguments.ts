import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { AgentDefinition } from '../../contract/agent.js';
import type { AgentRun } from './port.js';
import { attemptPrompt } from './prompt.js';

/** Variables of the worker that Claude Code gets, beside those that every task gets. */
export const CLAUDE_VARIABLES = ['ANTHROPIC_*', 'CLAUDE_CODE_*', 'CLAUDE_CONFIG_DIR'];

/**
 * Variables that make the program ask less of permissions, or take it for a part of another session: of the one, say, in which the worker was
 * started.
 */
const LEFT_OUT =
  /^CLAUDE_CODE_(?:EVEN_MORE_DANGEROUSLY_SKIP_PERMISSIONS|SANDBOXED|ENTRYPOINT|CHILD_SESSION|SESSION_(?!ACCESS_TOKEN).*|REMOTE_SESSION_ID|SSE_PORT|MESSAGING_.*|.*_FILE_DESCRIPTOR)$/;

/** Settings of the program that may be set otherwise: few retries of its own, and no traffic but that with the model. */
const DEFAULTS = {
  CLAUDE_CODE_MAX_RETRIES: String(LIMITS.agentApiRetries),
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
};

export function claudeEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { ...DEFAULTS, ...Object.fromEntries(Object.entries(env).filter(([name]) => !LEFT_OUT.test(name))) };
}

/**
 * The arguments without the program. Only the agent's tools are offered to the model; of them only what its rules allow is done, and for the
 * rest it `asks` over its standard streams, or is denied. A repository's own settings, hooks and servers are left aside.
 * @throws BatonError `bad_input` for a tool that could be taken for an option or for several tools
 */
export function claudeArguments(
  agent: AgentDefinition,
  {
    session,
    asks = false,
    budgetUsd = agent.limits.maxCostUsd,
    mcpConfig,
  }: { session?: string; asks?: boolean; budgetUsd?: number; mcpConfig?: string | undefined } = {},
): string[] {
  const rules = agent.tools.map(checkRule);
  const names = [...new Set(rules.map((rule) => rule.replace(/\(.*$/s, '')))].filter(
    (name) => !name.startsWith('mcp__'),
  );
  return [
    ...['-p', '--output-format', 'stream-json', '--verbose'],
    ...['--setting-sources', 'user', '--strict-mcp-config'],
    ...(mcpConfig === undefined ? [] : [`--mcp-config=${mcpConfig}`]),
    ...(asks
      ? ['--permission-mode', 'default', '--input-format', 'stream-json', '--permission-prompt-tool', 'stdio']
      : ['--permission-mode', 'dontAsk']),
    ...['--tools', names.join(',')],
    ...(rules.length > 0 ? [`--allowedTools=${rules.join(',')}`] : []),
    ...(agent.model === null ? [] : [`--model=${agent.model}`]),
    ...(agent.limits.maxTurns === undefined ? [] : [`--max-turns=${agent.limits.maxTurns}`]),
    ...(budgetUsd === undefined ? [] : [`--max-budget-usd=${budgetUsd.toFixed(6)}`]),
    ...(hasShortPrompt(agent) ? [`--append-system-prompt=${agent.prompt}`] : []),
    ...(session === undefined ? [] : [`--resume=${session}`]),
  ];
}

/** What goes by standard input. */
export const claudePrompt = ({ agent, prompt, session, said }: AgentRun): string =>
  attemptPrompt({ own: hasShortPrompt(agent) ? '' : agent.prompt, prompt, isResumed: session !== undefined, said });

const hasShortPrompt = ({ prompt }: AgentDefinition): boolean =>
  prompt !== '' && !prompt.includes('\0') && Buffer.byteLength(prompt) <= LIMITS.agentArgumentBytes;

const RULE = /^[A-Za-z_][A-Za-z0-9_.*-]{0,199}(?:\([^()\n\0]{1,1000}\))?$/;

/** What `--tools` takes for all of them. */
const ALL_TOOLS = 'default';

function checkRule(rule: string): string {
  if (RULE.test(rule) && rule !== ALL_TOOLS) return rule;
  throw new BatonError('bad_input', `${JSON.stringify(rule.slice(0, 200))} is not the name of a tool`, {
    path: 'tools',
    hint: 'write it as Claude Code does: Edit, or Bash(git status)',
  });
}
