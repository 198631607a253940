import { table } from './markdown.mjs';

/** The names of the commands, from `baton --help`. */
export function commandsOf(help) {
  const [, list = ''] = help.split('\nCommands:\n');
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
}

const MEANINGS = {
  0: 'the question was answered, or the request ended `complete`',
  1: 'the request ended `failed` or `cancelled`, or Baton itself failed',
  2: 'bad input, an unknown id, or something that the plan needs is not installed',
  3: 'the request ended `partial`',
  4: 'nothing else can run until a person decides (with `--no-wait`)',
  5: 'no Temporal server answers',
  6: 'the present state does not allow it: late, opposite, already ended, an id that was used before',
  130: 'following was stopped with Ctrl-C; the request goes on',
};

/** Exit codes with what gives them; each code of an error or outcome must be explained, and each explained one must be given. */
export function exitCodes({ errors, exitOfStatus }) {
  const given = {};
  const add = (code, what) => (given[code] ??= []).push(what);
  for (const [status, code] of Object.entries(exitOfStatus)) {
    if (!['running', 'paused', 'waiting', 'compensated'].includes(status)) add(code, `outcome ${status}`);
  }
  for (const [code, { exit }] of Object.entries(errors)) if (exit > 0) add(exit, `\`${code}\``);
  add(130, 'Ctrl-C');
  const unexplained = Object.keys(given).filter((code) => !Object.hasOwn(MEANINGS, code));
  const unused = Object.keys(MEANINGS).filter((code) => !Object.hasOwn(given, code));
  if (unexplained.length + unused.length > 0) throw new Error(`exit codes: ${[...unexplained, ...unused].join(', ')}`);
  const rows = Object.entries(MEANINGS).map(([code, meaning]) => [code, meaning, given[code].join(', ')]);
  return table(['Code', 'Meaning', 'Given by'], rows);
}
