import { allHandlersFinished, CancellationScope, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { RequestInput } from '../contract/request.js';
import type { RequestView } from '../contract/view.js';
import { createConductor, type Carried, type Conductor } from './conductor.js';
import { guardCarried, guardInput } from './guards.js';
import { registerMessages } from './messages.js';

/**
 * One request, from what a person asked to its report. The input is one object (RequestInput); a second one is there only where the request
 * continues as a new run. The result is what `baton status --json` prints. Ends as failed where the input is bad or Baton itself failed,
 * as cancelled where Temporal was asked to cancel it, and as completed otherwise, whatever the outcome.
 */
export async function orchestrate(input: RequestInput, carried?: Carried): Promise<RequestView> {
  const conductor = setup(input, carried);
  return CancellationScope.nonCancellable(() => run(conductor));
}

function setup(input: unknown, carried: unknown): Conductor {
  const conductor = createConductor(guardInput(input), guardCarried(carried, workflowInfo()));
  registerMessages(conductor);
  conductor.followCancellation(CancellationScope.current());
  return conductor;
}

async function run(conductor: Conductor): Promise<RequestView> {
  await conductor.begin();
  // A message of the same activation may have dispatched since either was found, so it is asked once more, and nothing is awaited after that.
  const mayLeave = (): boolean => allHandlersFinished() && (conductor.isOver() || conductor.mayContinueAsNew());
  do await condition(mayLeave);
  while (!mayLeave());
  if (!conductor.isOver()) return continueAsNew<typeof orchestrate>(conductor.input, conductor.carry());
  return conductor.end();
}
