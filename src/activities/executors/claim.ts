import { createHash } from 'node:crypto';
import type { Asks, TaskResult } from '../../contract/task.js';
import { readRecord } from '../records.js';
import type { Executed, Execution } from './execution.js';

/** That an attempt has begun what cannot be done twice. */
interface Claim {
  v: 1;
  attempt: number;
  /** When, in ms since 1970. */
  at: number;
}

/**
 * Of a task that says `once`: claims its effect before anything is done, so that no crash lets it happen twice. An attempt of which the end is not
 * known holds back every later one until a person has said what became of it: `approve` does it again, `reject` fails the task.
 */
export async function claimEffect({ deps, order, task, beat }: Execution): Promise<Executed | undefined> {
  if (task.once !== true) return undefined;
  const startedAt = Date.now();
  const name = createHash('sha256').update(`${order.task}/${order.epoch}`).digest('hex').slice(0, 32);
  const file = `claim-${name}.json` as const;
  const found = (await deps.files.readJson(order.request, file)) as Claim | undefined;
  const record = found && (await readRecord(deps, { ...order, attempt: found.attempt }));
  if (found && !isKnown(record?.result)) {
    const asks = asksAbout(task.id, found);
    if (order.permit?.digest !== asks.digest)
      return { result: { kind: 'parked', startedAt, session: null, asks }, details: {} };
    if (order.permit.choice !== 'approve') {
      const message = 'a person said not to do it again: whether it took effect is not known to Baton';
      const error = { code: 'outcome_unknown' as const, message };
      return { result: { kind: 'failed', startedAt, error, artifacts: [] }, details: {} };
    }
  }
  await deps.files.writeJson(order.request, file, { v: 1, attempt: order.attempt, at: startedAt } satisfies Claim);
  beat.note = 'claimed';
  return undefined;
}

/** A process that ended by itself has told what became of it; one that was ended, or got lost, has not. */
function isKnown(result: TaskResult | undefined): boolean {
  if (result?.kind === 'completed') return true;
  return result?.kind === 'failed' && KNOWN_ENDS.has(result.error.code);
}

const KNOWN_ENDS: ReadonlySet<string> = new Set([
  'command_failed',
  'command_not_started',
  'check_failed',
  'skill_failed',
  'skill_output',
  'tool_failed',
]);

function asksAbout(task: string, { attempt, at }: Claim): Asks {
  const begun = new Date(at).toISOString();
  return {
    question: `${task} was begun at ${begun}, and how it ended is not known. Did it not take effect, so that it may be done again?`,
    digest: createHash('sha256')
      .update(JSON.stringify([task, attempt, at]))
      .digest('hex'),
    summary: `do ${task} again, whose outcome is unknown`,
    context: { 'begun at': begun, approve: 'do it again', reject: 'the task has failed' },
  };
}
