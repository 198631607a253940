import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, until } from './crash.js';
import { temporalSide } from './temporal.js';

let place: Installation;
let client: Client;
beforeAll(async () => {
  place = new Installation();
  await place.submit('first', place.plan('first', { tasks: [{ id: 'a', command: ['true'] }] }));
  client = await place.client();
});
afterAll(() => place.end());

const { ask, startRaw, eventsOf } = temporalSide(() => place);

describe('bad input from Temporal', () => {
  const task = (id: string, dependencies: string[] = []): object => ({ id, command: ['touch', 'never'], dependencies });
  const description = 'x';
  const cases: [string, (workspace: string) => unknown[], string][] = [
    ['no input at all', () => [], 'input: expected one object'],
    ['no description', (workspace) => [{ workspace }], 'input.description: expected a text'],
    ['an unknown field', (workspace) => [{ description, workspace, colour: 1 }], 'colour: unknown field'],
    ['a relative workspace', () => [{ description, workspace: 'here' }], 'workspace: here is not an absolute path'],
    ['a workspace that goes up', (at) => [{ description, workspace: `${at}/../x` }], 'holds ".."'],
    ['a workspace that is not there', (at) => [{ description, workspace: `${at}/none` }], 'does not exist'],
    [
      'a plan that is a cycle',
      (workspace) => [{ description, workspace, plan: { tasks: [task('a', ['b']), task('b', ['a'])] } }],
      'plan.tasks[0].dependencies[0]: 2 tasks depend on each other in a cycle: a → b → a',
    ],
    [
      'a plan for agents whose program is not installed',
      (workspace) => [{ description, workspace, plan: { tasks: [task('a'), { id: 'b', prompt: 'Mend it' }] } }],
      'the plan needs an agent: Claude Code (npm install -g @anthropic-ai/claude-code)',
    ],
    [
      'an agent that nobody knows',
      (workspace) => [{ description, workspace, plan: { tasks: [task('a'), { id: 'b', prompt: 'x', agent: 'zed' }] } }],
      'plan.tasks[1].agent: there is no agent "zed"; there are: debugger, documenter',
    ],
    [
      'a second argument that forges an approved state',
      (workspace) => [
        { description, workspace, plan: { tasks: [task('a')] } },
        { v: 1, intake: { host: 'x', queue: 'baton@x', interaction: 'minimal', attributes: [] }, state: { v: 1 } },
      ],
      'input: expected one object, found a second argument',
    ],
  ];

  it.each(cases)('%s fails at once, is not retried, and says where', async (name, inputs, message) => {
    const id = `bad-${name.replaceAll(' ', '-')}`;
    await startRaw(id, inputs(place.workspace));
    await until(
      `the end of ${id}`,
      async () => (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING',
    );
    for (const look of ['describe', 'show']) {
      const shown = await ask('workflow', look, '--workflow-id', id);
      expect(shown).toContain(message);
      expect(shown).toContain('FAILED');
    }
    const events = await eventsOf(id);
    const types = events.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name).filter(Boolean);
    expect(types).toEqual([...new Set(types)]);
    expect(events.some((event) => (event.activityTaskStartedEventAttributes?.attempt ?? 1) > 1)).toBe(false);
    const failure = events.at(-1)?.workflowExecutionFailedEventAttributes?.failure;
    expect(failure?.applicationFailureInfo?.nonRetryable).toBe(true);
    expect(existsSync(join(place.workspace, 'never'))).toBe(false);
    const report = await place.baton('report', id);
    // Where it was bound to a host already, that host has kept a report.
    const isKept = existsSync(join(place.home, 'requests', id, 'report.md'));
    expect(report.code).toBe(isKept ? 0 : 6);
    if (isKept) expect(report.stdout).toContain('failed');
    else
      expect(report.stderr).toMatch(
        /^error: .* ended as failed, and no report of it is kept here: .*\n.*baton status /s,
      );
  });

  it('an unknown workflow type fails at once and says which there is', async () => {
    await startRaw('typo', [{ description: 'x', workspace: place.workspace }], 'orkestrate');
    await until('its end', async () => (await client.workflow.getHandle('typo').describe()).status.name === 'FAILED');
    expect(await ask('workflow', 'describe', '--workflow-id', 'typo')).toContain(
      "unknown workflow type orkestrate; Baton's is orchestrate",
    );
  });
});
