import type { CliRuntime } from '../cli-runtime.js';
import { LIMITS } from '../limits.js';
import { CODEX } from './codex.js';
import { GEMINI } from './gemini.js';
import { OPENCODE } from './opencode.js';

/** The command lines that Baton can run without being told how, by the name that an agent's file gives. */
export const PRECONFIGURED: Readonly<Record<string, CliRuntime>> = { codex: CODEX, gemini: GEMINI, opencode: OPENCODE };

/** What a description has where it says nothing. */
export const CLI_DEFAULTS: CliRuntime = {
  title: '',
  program: '',
  arguments: [],
  install: '',
  signIn: '',
  access: null,
  accessVariables: null,
  foreignSettings: [],
  variables: [],
  defaults: {},
  output: 'text',
  events: [],
  denials: [],
  errors: [],
  exitCodes: {},
  silenceLimitMs: LIMITS.agentSilenceMs,
};
