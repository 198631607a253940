import { createHash } from 'node:crypto';
import { redact, secretsOf, stripControl } from '../../agents/process/redact.js';
import type { AskAnswer, ToolAsk } from '../../agents/runtimes/port.js';
import { mayBeAsked } from '../../allocation/asking.js';
import { canonicalJson } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import type { Permission } from '../../contract/mode.js';
import type { Asks, Permit } from '../../contract/task.js';
import type { Execution } from '../executors/execution.js';

/**
 * Answers an agent that asks for leave to call a tool. What its mode does not allow is denied at once; what a person has answered before is
 * told; anything else a person is asked, for as long as the settings say.
 */
export async function askForTool(
  execution: Execution,
  { permission, env }: { permission: Permission; env: Readonly<Record<string, string>> },
  ask: ToolAsk,
): Promise<AskAnswer> {
  const { order, task, deps, settings, signal } = execution;
  if (!mayBeAsked(permission, ask)) return { kind: 'deny', message: `the mode ${permission.name} does not allow it` };
  const asks = asksFor(ask, { task: task.id, criticality: task.criticality, secrets: secretsOf(env) });
  const { permit } = order;
  if (permit?.digest === asks.digest) return answerOf(permit, permit.comment);
  const said = await deps.ask(order, asks, { timeoutMs: settings.permissionWaitMs, signal });
  // Whoever ends the task needs no answer, and nobody is to be asked for it any more.
  if (signal.aborted) return { kind: 'deny', message: 'the task is being ended' };
  return said === undefined
    ? { kind: 'park', asks }
    : answerOf({ digest: asks.digest, choice: said.choice }, said.comment);
}

function answerOf({ choice }: Permit, comment = ''): AskAnswer {
  if (choice === 'approve') return { kind: 'allow' };
  return { kind: 'deny', message: `a person said no${comment === '' ? '' : `: ${comment}`}; go on without it` };
}

/** The digest names tool and arguments to the letter, so that leave for one call is leave for no other. */
function asksFor(
  { tool, input }: ToolAsk,
  { task, criticality, secrets }: { task: string; criticality: number; secrets: string[] },
): Asks {
  const clean = (text: string): string => stripControl(redact(text, secrets));
  const fields = typeof input === 'object' && input !== null && !Array.isArray(input) ? Object.entries(input) : [];
  const shown = fields.slice(0, LIMITS.askContextFields - 1).map(([name, value]) => {
    const said = clean(typeof value === 'string' ? value : canonicalJson(value));
    return [name, said.length > LIMITS.askInputChars ? `${said.slice(0, LIMITS.askInputChars)} […]` : said] as const;
  });
  return {
    question: `The agent of ${task} asks for leave to use ${tool}. May it?`,
    digest: createHash('sha256').update(canonicalJson({ tool, input })).digest('hex'),
    summary: `${tool}: ${clean(canonicalJson(input))}`.slice(0, LIMITS.titleChars),
    context: { tool, ...Object.fromEntries(shown) },
    criticality,
  };
}
