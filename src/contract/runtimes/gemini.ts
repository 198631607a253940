import type { CliRuntime } from '../cli-runtime.js';

/** Google's Gemini CLI; tried with 0.61.0. Tools that it may not use are not offered to the model. */
export const GEMINI: CliRuntime = {
  title: 'Gemini CLI',
  program: 'gemini',
  install: 'npm install -g @google/gemini-cli',
  signIn: 'sign in by starting `gemini` once, or set GEMINI_API_KEY where the worker starts',
  // With --skip-trust it works in a folder that nobody has trusted, and still leaves that folder's settings aside.
  arguments: ['--output-format=stream-json', '--skip-trust', '{access}', ['--model={model}'], ['--resume={session}']],
  access: {
    read: ['--approval-mode=default'],
    edit: ['--approval-mode=auto_edit'],
    run: ['--approval-mode=yolo'],
  },
  accessVariables: null,
  foreignSettings: [],
  // Not all of GEMINI_*: some of them make it obey the settings of the folder it works in.
  variables: ['GEMINI_API_KEY', 'GEMINI_MODEL', 'GEMINI_CLI_HOME', 'GOOGLE_*'],
  // One process instead of two.
  defaults: { GEMINI_CLI_NO_RELAUNCH: 'true' },
  output: 'json-lines',
  events: [
    { when: { type: 'init' }, session: 'session_id', turn: true },
    { when: { type: 'message', role: 'assistant' }, delta: 'content' },
    { when: { type: 'tool_use' }, tool: { name: 'tool_name', input: 'parameters', id: 'tool_id' } },
    {
      when: {
        type: 'tool_result',
        status: 'error',
        'error.type': ['tool_not_registered', 'policy_violation', 'execution_denied'],
      },
      denied: { id: 'tool_id' },
    },
    {
      when: { type: 'result' },
      usage: { input: ['stats.input_tokens'], output: ['stats.output_tokens'], counts: 'run' },
    },
    { when: { type: 'result', status: 'success' }, done: true },
    { when: { type: 'result', status: 'error' }, failure: { message: 'error.message' } },
  ],
  denials: [],
  errors: [
    { matches: 'error resuming session', means: 'unknown_session' },
    { matches: 'exhausted your (?:daily )?quota|quota will reset after (?<reset>[\\w ]+)', means: 'usage_limit' },
    { matches: 'api key not valid|api_key_invalid', means: 'model_refused' },
    { matches: 'fetch failed|econnrefused|premature close', means: 'model_unavailable' },
  ],
  // Beside its own, the status of the API's answer modulo 256.
  exitCodes: {
    41: 'model_refused',
    145: 'model_refused',
    147: 'model_refused',
    173: 'model_unavailable',
    244: 'model_unavailable',
    246: 'model_unavailable',
    247: 'model_unavailable',
    248: 'model_unavailable',
  },
  silenceLimitMs: 15 * 60_000,
};
