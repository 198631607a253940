import { setTimeout as sleep } from 'node:timers/promises';

const TRUE = ['true'];
const SLOW = ['sleep', '300'];
const asking = (more = {}) => ({
  tasks: [
    { id: 'ask', kind: 'decision', decision: { question: 'Go on?', options: ['yes', 'no'], ...more } },
    { id: 'after', command: TRUE, dependencies: ['ask'] },
  ],
});

/** Each request by its id: how it is started, and what happens to it until it ends. */
export const requestsIn = (workspace) => ({
  'simple-plan': {
    plan: {
      tasks: [
        { id: 'a', command: TRUE },
        { id: 'b', command: TRUE },
        { id: 'c', command: TRUE, dependencies: ['a', 'b'] },
      ],
    },
  },
  failure: {
    plan: {
      tasks: [
        { id: 'a', command: ['false'] },
        { id: 'b', command: TRUE, dependencies: ['a'] },
        { id: 'c', command: TRUE },
      ],
    },
  },
  'failure-stops': {
    plan: {
      maxParallel: 1,
      onFailure: 'stop',
      tasks: [
        { id: 'a', command: ['false'], priority: 'high' },
        { id: 'b', command: TRUE },
      ],
    },
  },
  retry: { plan: { tasks: [{ id: 'a', command: ['sh', '-c', 'test "$BATON_ATTEMPT" = 2'], retries: 1 }] } },
  'retry-by-person': {
    plan: {
      tasks: [
        { id: 'a', command: ['sh', '-c', 'test "$BATON_EPOCH" = 1'] },
        { id: 'b', command: ['sleep', '4'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ failed }) => failed === 1);
      await handle.executeUpdate('retry', { args: [{ task: 'a' }] });
    },
  },
  'decision-by-signal': { plan: asking(), during: (handle) => answer(handle, 'signal', 'yes') },
  'decision-by-update': { plan: asking(), during: (handle) => answer(handle, 'executeUpdate', 'no') },
  'decision-by-deadline': { plan: asking({ deadline: '1s', otherwise: 'yes' }) },
  'pause-and-skip': {
    plan: {
      tasks: [
        { id: 'a', command: SLOW },
        { id: 'b', command: TRUE, dependencies: ['a'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.executeUpdate('pause', { args: [{}] });
      await handle.signal('skip', { task: 'a', by: 'somebody' });
      await until(handle, ({ skipped }) => skipped === 1);
      await handle.signal('resume', {});
    },
  },
  cancel: {
    plan: {
      tasks: [
        { id: 'a', command: SLOW },
        { id: 'b', command: TRUE, dependencies: ['a'] },
      ],
    },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.executeUpdate('cancel', { args: [{}] });
    },
  },
  'cancel-by-temporal': {
    plan: { tasks: [{ id: 'a', command: SLOW }] },
    during: async (handle) => {
      await until(handle, ({ active }) => active === 1);
      await handle.cancel();
    },
  },
  'nobody-answers': {
    config: 'decisionReminder: 1s\ndecisionEscalation: 2s\ndecisionExpiry: 3s\n',
    raw: {
      description: 'commands that nobody signed and nobody looks at',
      workspace,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
  },
  'continue-as-new': {
    plan: asking({ deadline: '1h', otherwise: 'no' }),
    during: async (handle, client) => {
      await until(handle, ({ openDecisions }) => openDecisions.length === 1);
      const runs = async () => (await client.workflow.count('WorkflowId="continue-as-new"')).count;
      while ((await runs()) === 1) {
        await Promise.all(Array.from({ length: 5 }, () => handle.signal('tell', 'x'.repeat(100_000))));
        await until(handle, () => true);
      }
      await answer(handle, 'signal', 'yes');
    },
  },
  'quality-analysis': { raw: { description: 'Analyze this repository for quality problems', workspace } },
  'plan-approval': {
    raw: {
      description: 'commands that nobody signed',
      workspace,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
    during: (handle) => answer(handle, 'executeUpdate', 'approve'),
  },
  'plan-rejected': {
    raw: {
      description: 'commands that nobody signed',
      workspace,
      plan: { name: 'raw', tasks: [{ id: 'a', command: TRUE }] },
    },
    during: (handle) => answer(handle, 'executeUpdate', 'reject'),
  },
  'agents-in-conflict': {
    plan: {
      tasks: [
        { id: '1', kind: 'agent', agent: 'editor', prompt: 'Edit a.' },
        { id: '3', kind: 'agent', agent: 'editor', prompt: 'Edit a.' },
        { id: 'check', command: ['cat', 'a'], dependencies: ['1', '3'] },
      ],
    },
  },
  'usage-limit-and-budget': {
    config: JSON.stringify({ runtimes: { limited: LIMITED } }),
    options: ['--budget-usd', '1'],
    plan: {
      maxParallel: 1,
      tasks: [
        { id: 'one', kind: 'agent', agent: 'limited', prompt: 'Edit one.' },
        { id: 'two', kind: 'agent', agent: 'limited', prompt: 'Edit two.' },
      ],
    },
    during: (handle) => answer(handle, 'executeUpdate', 'raise'),
  },
  'bad-input': { raw: { workspace } },
  'bad-field': { raw: { description: 'a field that there is not', workspace, colour: 'red' } },
  'unknown-signal': {
    plan: asking(),
    during: async (handle) => {
      await until(handle, ({ openDecisions }) => openDecisions.length === 1);
      await handle.signal('weather', { rain: true });
      await handle.signal('decide', 'yes');
      await handle.executeUpdate('decide', { args: [{ decisionId: 'd1', choice: 'perhaps' }] }).catch(() => undefined);
      await answer(handle, 'signal', 'yes');
    },
  },
});

/** A command line whose first start in a session meets a usage limit of two seconds, and whose others cost a dollar. */
const LIMITED = {
  program: 'sh',
  arguments: [
    '-c',
    `echo '{"type":"start","session":"s-1"}'; echo "$BATON_TASK_ID" > "$BATON_TASK_ID"
     if [ -z "$1" ] && [ "$BATON_TASK_ID" = one ]; then
       echo "{\\"type\\":\\"error\\",\\"message\\":\\"usage limit\\",\\"resets\\":$(($(date +%s%3N) + 2000))}"; exit 1
     fi
     echo '{"type":"text","text":"Done.","usd":1,"in":1,"out":1}'`,
    'sh',
    ['{session}'],
  ],
  output: 'json-lines',
  events: [
    { when: { type: 'start' }, session: 'session' },
    { when: { type: 'error' }, failure: { message: 'message', reset: 'resets' } },
    {
      when: { type: 'text' },
      text: 'text',
      done: true,
      usage: { input: ['in'], output: ['out'], usd: 'usd', counts: 'run' },
    },
  ],
  errors: [{ matches: 'usage limit', means: 'usage_limit' }],
};

/** Waits for a progress that is as wanted. */
async function until(handle, isWanted) {
  for (let look = 0; look < 600; look++) {
    const progress = await handle.query('progress').catch(() => undefined);
    if (progress && isWanted(progress)) return;
    await sleep(50);
  }
  throw new Error(`waited in vain for ${handle.workflowId}`);
}

async function answer(handle, how, choice) {
  await until(handle, ({ openDecisions }) => openDecisions.length > 0);
  const input = { decisionId: 'd1', choice, by: 'somebody' };
  await (how === 'signal' ? handle.signal('decide', input) : handle.executeUpdate('decide', { args: [input] }));
}
