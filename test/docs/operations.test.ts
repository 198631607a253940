import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MESSAGES, QUERIES } from '../../src/contract/names.js';

const page = readFileSync('docs/reference/messages.md', 'utf8');
const commands = readFileSync('docs/reference/commands.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| `[a-z]+_[a-z_]+` \|/.test(line));

test('every operation is named once, and what it is here exists', () => {
  expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual([
    ...['process_request', 'submit_task', 'get_task_status', 'cancel_task', 'get_state', 'save_checkpoint'],
    ...['get_pending_decisions', 'submit_decision'],
  ]);
  for (const row of rows) {
    for (const [, kind, name] of row.matchAll(/(message|query) `(\w+)`/g))
      expect<readonly (string | undefined)[]>(kind === 'query' ? QUERIES : MESSAGES).toContain(name);
    const named = [...row.matchAll(/`baton (\w+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(commands).toContain(`### \`baton ${name ?? ''}\``);
  }
});
