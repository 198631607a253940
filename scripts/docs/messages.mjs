import { matched, table } from './markdown.mjs';

const TASK_OR_ALL = '`task` (optional), `by` (optional)';

/** Fields of each message's one object, and what it does. `request` may stand in each and has no effect yet. */
const MESSAGES = {
  decide: [
    '`decisionId`, `choice`, `comment` (optional), `by` (optional), `digest` (optional)',
    'answers an open decision; with `digest`, only if that is still what is asked',
  ],
  pause: [
    TASK_OR_ALL,
    'nothing more starts until `resume`; with `task`, its process is ended and it starts anew on `resume`',
  ],
  resume: [TASK_OR_ALL, 'goes on after a pause'],
  cancel: [TASK_OR_ALL, 'ends what runs and gives up the rest; with `task`, that task and what depends on it'],
  submit: [
    '`type`, `description`, `parameters` (optional), `dependencies` (optional), `signature` (optional), `by` (optional)',
    'adds a task to the plan; without the mark of Baton’s own client a command or an agent is asked about first',
  ],
  checkpoint: ['`by` (optional)', 'keeps the present state among the request’s files'],
  retry: [TASK_OR_ALL, 'runs what failed once more, with what it held back'],
  skip: [
    TASK_OR_ALL,
    'skips all that is left, and ends; with `task`, goes on without that task: what depends on it runs all the same',
  ],
};

const QUERIES = {
  progress: ['`now` (optional)', 'status, state, percentage, counts, times, tasks under way, open decisions, notes'],
  plan: ['`from` (optional)', 'the plan’s tasks, 200 a page; `next` is the `from` of the next page, or null'],
  state: [
    '`from`, `now` (optional)',
    'what `baton status --json` gives, 200 tasks and 200 decisions a page, with the transitions so far; `next` is the `from` of the next page, or null',
  ],
  decisions: ['none', 'the decisions, open ones first'],
  task: ['`id`', 'one task with its history'],
};

const ATTRIBUTES = {
  BatonState: '`running`, `waiting`, `paused`, or the outcome: `complete`, `partial`, `failed`, `cancelled`',
  BatonIntent:
    'what the request was understood as: `create`, `modify`, `analyze`, `fix`, `deploy`, `manage`, `unknown`',
  BatonWorkspace: 'the workspace’s absolute path',
};

const rows = (what, names, words) => matched(what, [...names], words).map(([name, cells]) => [`\`${name}\``, ...cells]);

export const messageTable = (names) => table(['Name', 'Fields', 'Does'], rows('messages', names, MESSAGES));
export const queryTable = (names) => table(['Name', 'Fields', 'Answers'], rows('queries', names, QUERIES));
export function searchAttributeTable(names) {
  const cells = matched('search attributes', [...names], ATTRIBUTES);
  return table(
    ['Name', 'Type', 'Holds'],
    cells.map(([name, holds]) => [`\`${name}\``, 'Keyword', holds]),
  );
}
