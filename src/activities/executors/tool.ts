import { callTool } from '../../agents/mcp/call.js';
import type { Connection } from '../../agents/mcp/connect.js';
import { taskEnvironment } from '../../agents/process/environment.js';
import { secretsOf, redact, stripControl } from '../../agents/process/redact.js';
import { toolFlaw } from '../../allocation/tools.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { McpServer } from '../../contract/mcp.js';
import type { Action } from '../../contract/plan.js';
import type { TaskError } from '../../contract/task.js';
import { toolDenial } from '../../planning/policies.js';
import { CancelledFailure } from '../../sdk/common.js';
import { folderOf, hooksOf, type Executed, type Execution } from './execution.js';
import { completedWith, misfit } from './value.js';

type ToolAction = Action & { kind: 'tool' };

/** One call of a tool of a server, which is started for it and ended after it. Mode and policies are asked again before the call. */
export async function runTool(execution: Execution, action: ToolAction): Promise<Executed> {
  const { signal, beat } = execution;
  const startedAt = Date.now();
  const skill = `mcp:${action.server}/${action.tool}`;
  let env: Readonly<Record<string, string>> = {};
  try {
    checkAllowed(execution, action);
    const connection = await connectionTo(execution, action.server);
    env = connection.env;
    const value = await callTool(connection, {
      tool: action.tool,
      with: action.with,
      idempotencyKey: execution.identity.idempotencyKey,
      onProgress: (percent, note) => {
        beat.percent = percent ?? beat.percent;
        beat.note = note === undefined ? beat.note : stripControl(redact(note, secretsOf(env))).slice(0, NOTE_CHARS);
      },
    });
    const error = await misfit(value, { skill, schema: action.output });
    if (error) return failed(error, startedAt);
    return await completedWith(execution, { value, startedAt, env });
  } catch (error) {
    if (signal.aborted && signal.reason === 'cancel') return { result: { kind: 'cancelled', startedAt }, details: {} };
    if (signal.aborted) throw new CancelledFailure('WORKER_SHUTDOWN');
    if (!(error instanceof BatonError)) throw error;
    const message = stripControl(redact(error.message, secretsOf(env))).slice(0, LIMITS.errorTextBytes / 4);
    return failed({ code: error.code, message }, startedAt);
  }
}

const NOTE_CHARS = LIMITS.agentNoteChars;

const failed = (error: TaskError, startedAt: number): Executed => ({
  result: { kind: 'failed', startedAt, error, artifacts: [] },
  details: {},
});

/** A policy or a mode may have become tighter since the plan was made. */
function checkAllowed({ task, settings }: Execution, action: ToolAction): void {
  const flaw = toolFlaw(action, settings.modes);
  if (flaw !== undefined) throw new BatonError('policy_denied', flaw);
  const policy = toolDenial(settings.policies, task);
  if (!policy) return;
  const why = policy.reason === '' ? '' : `: ${policy.reason}`;
  throw new BatonError('policy_denied', `policy ${policy.name} denies mcp:${action.server}/${action.tool}${why}`);
}

async function connectionTo(execution: Execution, name: string): Promise<Connection> {
  const { task, workspace, settings, identity } = execution;
  const server = Object.hasOwn(settings.mcp, name) ? settings.mcp[name] : undefined;
  if (!server) throw new BatonError('not_installed', `the worker has no MCP server ${name} in its baton.yaml`);
  const { signal, start, onStart } = hooksOf(execution);
  return {
    name,
    server,
    cwd: server.kind === 'stdio' && server.cwd !== null ? server.cwd : await folderOf(task, workspace),
    env: environmentFor(server, execution),
    taskKey: identity.taskKey,
    timeLimitMs: task.timeLimitMs,
    killGraceMs: settings.killGraceMs,
    hooks: { signal, start, onStart },
  };
}

/** Of a server that is reached by HTTP only the headers take anything of it. */
function environmentFor(server: McpServer, { deps, task, secrets, identity }: Execution): Record<string, string> {
  const declared = server.kind === 'stdio' ? server.environment : Object.keys(deps.environment);
  return taskEnvironment({ worker: deps.environment, declared, task: identity, extra: { ...task.env, ...secrets } });
}
