/**
 * Variables by which a process can be made to run other code than its argv names, or that Baton itself sets. A plan may not set them, whoever
 * signed it: what a plan's reader sees in `command` must be what runs.
 */
const FORBIDDEN = new Set([
  'PATH',
  'ENV',
  'IFS',
  'PS4',
  'BASH_ENV',
  'BASHOPTS',
  'SHELLOPTS',
  'PROMPT_COMMAND',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NPM_CONFIG_NODE_OPTIONS',
  'NPM_CONFIG_SCRIPT_SHELL',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PERL5OPT',
  'PERL5LIB',
  'PERL5DB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'LESSOPEN',
  'LESSCLOSE',
  'GCONV_PATH',
]);
const FORBIDDEN_PREFIXES = ['LD_', 'DYLD_', 'GIT_', 'BASH_FUNC_', 'BATON_'];
/** Names and dates of a commit change what is written, not what runs. */
const ALLOWED_PREFIXES = ['GIT_AUTHOR_', 'GIT_COMMITTER_'];

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Why a plan may not set the variable `name`; `undefined` if it may. Case does not matter, as it does not to some systems. */
export function envNameFlaw(name: string): string | undefined {
  if (!NAME.test(name)) return 'not the name of an environment variable (letters, digits, _)';
  const upper = name.toUpperCase();
  if (ALLOWED_PREFIXES.some((prefix) => upper.startsWith(prefix))) return undefined;
  if (upper.startsWith('BATON_')) return 'names that begin with BATON_ are set by Baton';
  const forbidden = FORBIDDEN.has(upper) || FORBIDDEN_PREFIXES.some((prefix) => upper.startsWith(prefix));
  return forbidden ? 'a plan may not set a variable that changes which code runs' : undefined;
}
