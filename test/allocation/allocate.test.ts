import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_MODES } from '../../src/contract/modes.js';
import { agentsMissing, allocatePlan } from '../../src/allocation/allocate.js';
import { fromStored, toStored } from '../../src/allocation/stored.js';
import type { AgentDefinition } from '../../src/contract/agent.js';
import { canonicalJson } from '../../src/contract/json.js';
import type { Plan, TaskDraft } from '../../src/contract/plan.js';
import { compilePlan } from '../../src/planning/compile.js';
import { toGraph } from '../../src/planning/to-graph.js';
import { draftOf } from '../planning/drafts.js';
import { agent } from './agents.js';

const AGENTS = [
  agent('builder', { capabilities: ['implementation', 'typescript'], specialization: 'implementation' }),
  agent('mender', { capabilities: ['debugging', 'testing', 'typescript'], specialization: 'debugging' }),
  agent('prover', { capabilities: ['testing', 'rust'], specialization: 'testing', maxLoad: 1 }),
];

type Given = { id: string } & Partial<TaskDraft>;
const asks = (id: string, more: Partial<TaskDraft> & { prompt?: string; agent?: string } = {}): Given => {
  const { prompt = 'Do it', agent: name, ...fields } = more;
  return { id, action: { kind: 'agent', prompt, ...(name === undefined ? {} : { agent: name }) }, ...fields };
};

function allocated(tasks: Given[], agents: AgentDefinition[] = AGENTS, unavailable = new Map<string, string>()): Plan {
  const draft = draftOf(tasks);
  return allocatePlan(compilePlan(draft, { maxParallel: 10 }), { draft, agents, unavailable, modes: BUILT_IN_MODES });
}
const names = (plan: Plan) => plan.tasks.map(({ id, allocation }) => [id, allocation?.agent.name]);

describe('a task is given to', () => {
  it('the agent that it names', () => {
    expect(names(allocated([asks('a', { agent: 'prover', type: 'fix' })]))).toEqual([['a', 'prover']]);
  });

  it('the best of those that have all its capabilities', () => {
    const plan = allocated([asks('a', { capabilities: ['TypeScript', 'testing'] })]);
    expect(plan.tasks[0]?.allocation).toMatchObject({
      agent: { name: 'mender' },
      candidates: [
        { agent: 'mender', score: 0.7 },
        { agent: 'prover', excluded: 'lacks typescript' },
        { agent: 'builder', excluded: 'lacks testing' },
      ],
    });
  });

  it('one without a capability that is only preferred', () => {
    expect(names(allocated([asks('a', { preferredCapabilities: ['debugging', 'cobol'] })]))).toEqual([['a', 'mender']]);
  });

  it.each([
    ['fix', 'Look at it', 'mender'],
    ['test', 'Look at it', 'prover'],
    ['general', 'Add unit tests for the parser', 'prover'],
    ['general', 'Add a dark mode', 'builder'],
    ['modify', 'Add tests in TypeScript', 'mender'],
    ['something of its own', 'Hello', 'builder'],
  ])('what its type %s and prompt "%s" ask for: %s', (type, prompt, name) => {
    expect(names(allocated([asks('a', { type, prompt })]))).toEqual([['a', name]]);
  });

  it('another where the best one’s program is missing here', () => {
    const plan = allocated([asks('a', { type: 'test' })], AGENTS, new Map([['prover', 'the program p']]));
    expect(names(plan)).toEqual([['a', 'mender']]);
    expect(agentsMissing(plan, { unavailable: new Map([['prover', 'the program p']]) })).toEqual([]);
  });

  it('the best one all the same where every program is missing, and the plan says what is', () => {
    const unavailable = new Map(AGENTS.map(({ name }) => [name, 'Claude Code']));
    const plan = allocated([asks('a', { type: 'test' }), asks('b')], AGENTS, unavailable);
    expect(plan.tasks[0]?.allocation?.agent.name).toBe('prover');
    expect(agentsMissing(plan, { unavailable })).toEqual(['an agent: Claude Code']);
  });
});

it('tasks of one level are spread by load, and begin anew once all who can are full', () => {
  const plan = allocated(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => asks(id, { type: 'test' })));
  expect(names(plan).map(([, name]) => name)).toEqual(['prover', 'mender', 'mender', 'mender', 'prover', 'mender']);
});

it('what ran before does not count as load', () => {
  const plan = allocated([asks('a', { type: 'test' }), asks('b', { type: 'test', dependencies: ['a'] })]);
  expect(names(plan).map(([, name]) => name)).toEqual(['prover', 'prover']);
});

it('an unknown name is refused with the path and the names there are', () => {
  const tasks = [{ id: 'x', dependencies: ['a'] }, asks('a', { agent: 'nobody' })];
  expect(() => allocated(tasks)).toThrow(
    expect.objectContaining({
      code: 'bad_input',
      path: 'tasks[1].agent',
      message: 'tasks[1].agent: there is no agent "nobody"; there are: builder, mender, prover',
    }),
  );
});

it('capabilities that nobody has together are refused with what nobody has', () => {
  expect(() => allocated([asks('a', { capabilities: ['rust', 'cobol'] })])).toThrow(
    expect.objectContaining({
      path: 'tasks[0].capabilities',
      message: 'tasks[0].capabilities: no agent can do all of rust, cobol; none has cobol',
    }),
  );
});

it('the tighter time limit of task and agent counts', () => {
  const hasty = [agent('a', { limits: { timeLimitMs: 5000 } })];
  const plan = allocated([asks('x', { agent: 'a' }), asks('y', { agent: 'a', timeLimitMs: 1000 })], hasty);
  expect(plan.tasks.map(({ timeLimitMs }) => timeLimitMs)).toEqual([5000, 1000]);
});

it('the graph names the agent that was chosen', () => {
  expect(toGraph(allocated([asks('a', { type: 'fix' }), { id: 'b' }]))).toMatchObject([
    { agent: 'mender', label: 'agent:mender' },
    { agent: 'command', label: 'command:true' },
  ]);
});

it('a plan comes back from its stored form, which holds each agent and each weighing once', () => {
  const shape = fc.array(fc.constantFrom('fix', 'test', 'general', 'command'), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(shape, (types) => {
      const plan = allocated(types.map((type, i) => (type === 'command' ? { id: `t${i}` } : asks(`t${i}`, { type }))));
      const stored = JSON.parse(canonicalJson(toStored(plan))) as ReturnType<typeof toStored>;
      expect(fromStored(stored)).toEqual(plan);
      expect(stored.agents?.length ?? 0).toBeLessThanOrEqual(AGENTS.length);
    }),
  );
});

it('a large plan does not repeat the prompts of its agents for each task', () => {
  const many = Array.from({ length: 50 }, (_, i) =>
    agent(`agent-${i}`, { capabilities: ['implementation'], prompt: 'p'.repeat(20_000) }),
  );
  const plan = allocated(
    Array.from({ length: 5000 }, (_, i) => asks(`t${i}`)),
    many,
  );
  expect(canonicalJson(toStored(plan)).length).toBeLessThan(8 * 1024 * 1024);
});
