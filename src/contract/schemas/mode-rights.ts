import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { globFlaw } from './path-rules.js';

const CONTROL = /\p{C}/u;

/** Entries of one list of a mode, each checked on its own. */
const entries = (flawOf: (entry: string) => string | undefined) =>
  z
    .array(
      z.string().superRefine((entry, context) => {
        const message = CONTROL.test(entry) ? 'holds a control character' : flawOf(entry);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }),
    )
    .max(LIMITS.modeEntries, `more than ${LIMITS.modeEntries} entries`);

const matching =
  (pattern: RegExp, what: string) =>
  (entry: string): string | undefined =>
    pattern.test(entry) ? undefined : `${JSON.stringify(entry.slice(0, 80))} is not ${what}`;

const globs = entries((entry) => (entry.includes('\\') ? 'holds a backslash' : globFlaw(entry)));

/** The rights of a mode as `baton.yaml` gives them; what is left out is decided by where the file stands. */
export const modeRights = z
  .strictObject({
    description: entries(() => undefined).element.max(LIMITS.titleChars),
    tools: entries(matching(/^(?:\*|[A-Za-z_][A-Za-z0-9_.-]{0,199}\*?)$/, 'the name of a tool')).describe(
      'Names of tools as Claude Code has them; a `*` at the end stands for any rest.',
    ),
    read: globs.describe('Files to look at.'),
    write: globs.describe('Files to make, change or remove.'),
    commands: entries(
      matching(/^(?:\*|[^\s(),:*"'`;&|<>$][^(),:*"'`;&|<>$]{0,199})$/, 'the beginning of a command'),
    ).describe('The words that a command may begin with.'),
    hosts: entries(
      matching(/^(?:\*|(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)$/, 'the name of a host'),
    ).describe('Hosts to fetch from.'),
    environment: entries(matching(/^(?:\*|[A-Za-z_][A-Za-z0-9_]{0,127}\*?)$/, 'the name of a variable')).describe(
      'Which variables of `environment` reach the agent.',
    ),
  })
  .partial();
