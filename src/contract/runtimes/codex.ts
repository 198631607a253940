import type { CliRuntime } from '../cli-runtime.js';

/** OpenAI's Codex; tried with 0.169.0. It runs tools in a sandbox of its own, which its access chooses. */
export const CODEX: CliRuntime = {
  title: 'Codex',
  program: 'codex',
  install: 'npm install -g @openai/codex',
  signIn: 'sign in by starting `codex` once, or set OPENAI_API_KEY where the worker starts',
  arguments: [
    'exec',
    '--json',
    '{access}',
    ['--model={model}'],
    // Without these it asks hosts other than the model's.
    ...['-c', 'analytics.enabled=false', '-c', 'features.plugins=false'],
    ...['-c', 'features.remote_plugin=false', '-c', 'features.apps=false'],
    ...['-c', 'web_search=disabled'],
    ['resume', '{session}'],
    '-',
  ],
  access: {
    read: ['--sandbox=read-only'],
    edit: ['--sandbox=workspace-write'],
    run: ['--sandbox=workspace-write'],
  },
  accessVariables: null,
  foreignSettings: [],
  // By TZ it tells the clock time at which a limit is reset.
  variables: ['CODEX_HOME', 'CODEX_API_KEY', 'OPENAI_*', 'TZ'],
  defaults: {},
  output: 'json-lines',
  events: [
    { when: { type: 'thread.started' }, session: 'thread_id' },
    { when: { type: 'turn.started' }, turn: true },
    { when: { type: 'item.completed', 'item.type': 'agent_message' }, text: 'item.text' },
    {
      when: { type: 'item.started', 'item.type': 'command_execution' },
      tool: { name: 'item.type', input: 'item.command' },
    },
    { when: { type: 'item.started', 'item.type': 'file_change' }, tool: { name: 'item.type', input: 'item.changes' } },
    {
      when: { type: 'turn.completed' },
      usage: { input: ['usage.input_tokens'], output: ['usage.output_tokens'], counts: 'session' },
      done: true,
    },
    // Told of each retry too; what ends the run is told by the turn.
    { when: { type: 'error' }, notice: 'message' },
    { when: { type: 'turn.failed' }, failure: { message: 'error.message' } },
  ],
  denials: ['error=(?<tool>\\w+) rejected: (?<input>.*)'],
  errors: [
    { matches: 'no rollout found for thread id', means: 'unknown_session' },
    { matches: 'hit your usage limit(?:.*try again (?:at|in) (?<reset>[^.]+))?', means: 'usage_limit' },
    { matches: 'quota exceeded', means: 'usage_limit' },
    { matches: 'missing environment variable|last status: 40[13]|unexpected status 40[13]', means: 'model_refused' },
    {
      matches: 'high demand|last status: (?:429|5\\d\\d)|unexpected status 5\\d\\d|stream disconnected|network',
      means: 'model_unavailable',
    },
  ],
  exitCodes: {},
  silenceLimitMs: 15 * 60_000,
};
