import { inject } from 'vitest';
import type { DecisionView } from '../../src/contract/view.js';
import { until, type Answer, type Installation } from './crash.js';

/** Temporal's own command line on an installation's server, as a person uses it who has nothing of Baton's. */
export function temporalSide(place: () => Installation) {
  const temporal = (...args: string[]): Promise<Answer> => place().temporal(inject('serverBinary'), ...args);

  /** `temporal …`, which must succeed. */
  async function ask(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await temporal(...args);
    if (code !== 0) throw new Error(`temporal ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Starts a workflow as a person would who has nothing but the Temporal command line. */
  const startRaw = (id: string, inputs: readonly unknown[], type = 'orchestrate'): Promise<string> =>
    ask(
      ...['workflow', 'start', '--type', type, '--task-queue', 'baton', '--workflow-id', id],
      ...inputs.flatMap((input) => ['--input', JSON.stringify(input)]),
    );

  async function query<T>(id: string, type: string, input: object = {}): Promise<T> {
    const args = [
      'workflow',
      'query',
      '--workflow-id',
      id,
      '--type',
      type,
      '--input',
      JSON.stringify(input),
      '-o',
      'json',
    ];
    return (JSON.parse(await ask(...args)) as { queryResult: [T] }).queryResult[0];
  }

  const signal = (id: string, name: string, input: unknown): Promise<string> =>
    ask('workflow', 'signal', '--workflow-id', id, '--name', name, '--input', JSON.stringify(input));

  const update = (id: string, name: string, input: unknown): Promise<Answer> =>
    temporal(
      ...['workflow', 'update', 'execute', '--workflow-id', id, '--name', name, '-o', 'json'],
      '--input',
      JSON.stringify(input),
    );

  const eventsOf = async (id: string) =>
    (await (await place().client()).workflow.getHandle(id).fetchHistory()).events ?? [];

  const openDecision = (id: string): Promise<DecisionView> =>
    until(`a question of ${id}`, async () => {
      // The command line prints an empty list as null.
      const { decisions } = await query<{ decisions: DecisionView[] | null }>(id, 'decisions');
      return decisions?.find((decision) => decision.state === 'open');
    });

  const detailsOf = async (id: string): Promise<string> => {
    const { queryResult } = JSON.parse(await ask('workflow', 'metadata', '--workflow-id', id, '-o', 'json')) as {
      queryResult: [{ currentDetails: string }];
    };
    return queryResult[0].currentDetails;
  };

  return { temporal, ask, startRaw, query, signal, update, eventsOf, openDecision, detailsOf };
}

/** What an update answered. */
export const resultOf = ({ stdout }: Answer): unknown => (JSON.parse(stdout) as { result: unknown }).result;
