import type { CliRuntime } from '../cli-runtime.js';

const READING = { read: 'allow', list: 'allow', glob: 'allow', grep: 'allow', todowrite: 'allow', todoread: 'allow' };

/** What is denied is not offered to the model, and a call of it becomes one of `invalid`. Nothing asks: a question that nobody answers ends the run. */
const permissionFor = (allowed: object): { OPENCODE_PERMISSION: string } => ({
  OPENCODE_PERMISSION: JSON.stringify({ '*': 'deny', invalid: 'allow', ...READING, ...allowed }),
});

/** opencode; tried with 1.18.33. It tells a tool call when it has ended, so a long one is silence. */
export const OPENCODE: CliRuntime = {
  title: 'opencode',
  program: 'opencode',
  install: 'npm install -g opencode-ai',
  signIn: 'sign in by `opencode auth login`, or set the key of its provider where the worker starts',
  arguments: ['run', '--format=json', ['--model={model}'], ['--session={session}']],
  access: null,
  accessVariables: {
    read: permissionFor({}),
    edit: permissionFor({ edit: 'allow' }),
    run: permissionFor({ edit: 'allow', bash: 'allow' }),
  },
  // It runs the plugins that these name, whatever it is told.
  foreignSettings: ['.opencode', 'opencode.json', 'opencode.jsonc'],
  variables: [
    ...[
      'OPENCODE_API_KEY',
      'OPENCODE_CONFIG',
      'OPENCODE_CONFIG_DIR',
      'OPENCODE_CONFIG_CONTENT',
      'OPENCODE_AUTH_CONTENT',
    ],
    ...['ANTHROPIC_*', 'OPENAI_*', 'GEMINI_API_KEY', 'OPENROUTER_API_KEY', 'XDG_*'],
  ],
  defaults: {
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    OPENCODE_DISABLE_SHARE: '1',
  },
  output: 'json-lines',
  events: [
    { when: { type: ['step_start', 'text', 'tool_use', 'step_finish', 'error'] }, session: 'sessionID' },
    { when: { type: 'step_start' }, turn: true },
    { when: { type: 'text' }, text: 'part.text' },
    {
      when: { type: 'tool_use', 'part.state.status': ['completed', 'error'] },
      tool: { name: 'part.tool', input: 'part.state.input' },
    },
    // What a call of a tool that was not offered becomes.
    {
      when: { type: 'tool_use', 'part.tool': 'invalid' },
      denied: { tool: 'part.state.input.tool', input: 'part.state.input.error', id: 'part.callID' },
    },
    {
      when: { type: 'step_finish' },
      usage: {
        input: ['part.tokens.input', 'part.tokens.cache.read', 'part.tokens.cache.write'],
        output: ['part.tokens.output', 'part.tokens.reasoning'],
        usd: 'part.cost',
        counts: 'step',
      },
    },
    { when: { type: 'step_finish', 'part.reason': 'stop' }, done: true },
    { when: { type: 'error' }, failure: { message: 'error.data.message', status: 'error.data.statusCode' } },
  ],
  denials: [],
  errors: [
    { matches: 'session not found', means: 'unknown_session' },
    { matches: 'insufficient_quota|exceeded your current quota|usage limit', means: 'usage_limit' },
    { matches: 'invalid api key|incorrect api key|unauthorized', means: 'model_refused' },
  ],
  exitCodes: {},
  silenceLimitMs: 20 * 60_000,
};
