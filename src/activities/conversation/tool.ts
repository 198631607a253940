import type { Content, ToolCall } from '../../agents/model/messages.js';
import { checkInput, ToolError, type ToolPlace } from '../../agents/model/tools/tool.js';
import { runProcess } from '../../agents/process/run.js';
import { redact, secretsOf, stripControl } from '../../agents/process/redact.js';
import { describeInput } from '../../agents/stream/claude-input.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import { CancelledFailure } from '../../sdk/common.js';
import type { Deps } from '../deps.js';
import { programOf } from '../executors/agent-program.js';
import { folderOf, hooksOf, type Execution } from '../executors/execution.js';
import { sandboxFor } from '../executors/sandbox.js';
import { performStep } from '../perform.js';
import { treeOf } from './begin.js';
import { rightsOf, type Rights } from './may-call.js';
import { toolNamed } from './tools.js';
import { transcript } from './transcript.js';
import type { ToolDone, ToolOrder } from './types.js';

/** One call of a tool, checked before it is made. Whatever the model did wrong is told to it, and fails nothing else. */
export const callTool = (deps: Deps, { order, head, call }: ToolOrder): Promise<ToolDone> =>
  performStep(deps, order, async (execution): Promise<ToolDone> => {
    const wanted = await callIn(execution, head, call);
    execution.beat.note = wanted.tool;
    let told: { text: string; isError: boolean };
    let isDenied = false;
    try {
      told = { text: await carryOutCall(execution, { wanted, head }), isError: false };
    } catch (error) {
      if (!(error instanceof ToolError) || execution.signal.aborted) throw error;
      isDenied = error.isDenied;
      told = { text: error.message, isError: true };
    }
    const text = clipped(told.text);
    const result: Content = { kind: 'result', call, tool: wanted.tool, text, isError: told.isError };
    const { sha256: ref } = await deps.artifacts.put('tool-result.json', JSON.stringify(result));
    await deps.files.addReferences(order.request, { task: order.task, digests: [ref] });
    const denied = { tool: wanted.tool, input: describeInput(wanted.input).slice(0, LIMITS.agentNoteChars) };
    return { ref, ...(isDenied ? { denied } : {}) };
  });

async function callIn({ deps }: Execution, head: string, id: string): Promise<ToolCall> {
  const content = (await transcript(deps.artifacts, head)).at(-1)?.content;
  const found = content?.kind === 'answer' ? content.calls.find((call) => call.id === id) : undefined;
  if (!found) throw new BatonError('internal', `the answer holds no call ${id}`);
  return found;
}

async function carryOutCall(
  execution: Execution,
  { wanted, head }: { wanted: ToolCall; head: string },
): Promise<string> {
  const { allocation } = execution.task;
  const tool = toolNamed(wanted.tool);
  if (!allocation || !tool) throw new ToolError(`there is no tool ${wanted.tool}`);
  const input = checkInput(tool.schema, wanted.input);
  const tree = await treeOf(execution, head);
  const cwd = await folderOf(execution.task, tree.cwd);
  const below = cwd === tree.cwd ? '' : `${cwd.slice(tree.cwd.length + 1)}/`;
  const rights = rightsOf(allocation.permission, below);
  if (!rights.mayCall(tool.name, input))
    throw new ToolError(`the mode ${allocation.permission.name} does not allow it; go on without it`, true);
  return tool.run(input, placeOf(execution, { cwd, worktree: tree.cwd, rights, tool: tool.name }));
}

function placeOf(
  execution: Execution,
  { cwd, worktree, rights, tool }: { cwd: string; worktree: string; rights: Rights; tool: string },
): ToolPlace {
  return {
    cwd,
    mayRead: rights.mayRead,
    mayWrite: (path) => rights.mayWrite(tool, path),
    run: (argv, timeLimitMs) => runIn(execution, { cwd, worktree, argv, timeLimitMs }),
  };
}

async function runIn(
  execution: Execution,
  { cwd, worktree, argv, timeLimitMs }: { cwd: string; worktree: string; argv: readonly string[]; timeLimitMs: number },
): ReturnType<ToolPlace['run']> {
  const { settings, identity } = execution;
  const { allocation } = execution.task;
  if (!allocation) throw new ToolError('there is no agent');
  const { env } = await programOf(execution, allocation.agent, allocation.permission);
  const sandbox = await sandboxFor(execution, { worktree, env });
  const end = await runProcess(
    {
      argv,
      cwd,
      env,
      taskKey: identity.taskKey,
      timeLimitMs,
      killGraceMs: settings.killGraceMs,
      outputBytes: OUTPUT,
      sandbox,
    },
    hooksOf(execution),
  );
  if (end.cause === 'shutdown' || end.cause === 'cancel')
    throw new CancelledFailure(end.cause === 'cancel' ? 'CANCELLED' : 'WORKER_SHUTDOWN');
  const printed = stripControl(redact(end.output.toString('utf8'), secretsOf(env)));
  if (argv[0] === 'grep') return { text: printed, isOk: end.exitCode === 0 };
  const how = end.cause === 'exit' ? `exit code ${end.exitCode ?? '?'}` : `it was ended: ${end.cause}`;
  return {
    text: `${printed}${printed === '' || printed.endsWith('\n') ? '' : '\n'}(${how})`,
    isOk: end.exitCode === 0,
  };
}

const OUTPUT = 1024 * 1024;

/** The beginning and the end of a long text. */
function clipped(text: string): string {
  const most = LIMITS.toolOutputChars;
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  return `${text.slice(0, half)}\n[… ${text.length - most} characters left out …]\n${text.slice(-half)}`;
}
