import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { askLease, endLease, grantLeases, noLeases } from '../allocation/leases.js';
import { keyOf, LEASES, type Lease, type LeaseState } from '../contract/lease.js';
import { LIMITS } from '../contract/limits.js';
import { guardLeaseAsk, guardLeaseKey } from './guards.js';
import { lightActivities } from './activities.js';

/** What a run of it knows beside the leases themselves. */
interface Desk {
  state: LeaseState;
  /** Asks that were one too many, to be told so. */
  refused: Lease[];
  /** Something was asked for or given back since the leases were last looked through. */
  isNews: boolean;
}

/**
 * Who holds what of the resources that a cluster's requests share. There is one such workflow in a namespace, started by whoever asks first; it
 * ends when nobody holds or waits for anything. What it decides, pure code decides; here are the messages, and the look whether holders still live.
 */
export async function resources(carried?: LeaseState): Promise<void> {
  const isLater = workflowInfo().continuedFromExecutionRunId !== undefined;
  const desk: Desk = { state: (isLater ? carried : undefined) ?? noLeases(), refused: [], isNews: true };
  const { state } = desk;
  setHandler(defineSignal<[unknown]>(LEASES.ask), (input) => {
    const ask = guardLeaseAsk(input);
    if (!ask) return;
    if (!askLease(state, ask)) desk.refused.push(ask);
    desk.isNews = true;
  });
  setHandler(defineSignal<[unknown]>(LEASES.release), (input) => {
    const key = guardLeaseKey(input);
    if (key !== undefined) endLease(state, key);
    desk.isNews = true;
  });
  setHandler(defineQuery<LeaseState>(LEASES.query), () => state);
  for (;;) {
    while (desk.isNews) await serve(desk);
    if (state.held.length + state.waiting.length === 0) return;
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof resources>(state);
    if (state.waiting.length === 0) await condition(() => desk.isNews);
    else if (!(await condition(() => desk.isNews, LIMITS.leaseCheckMs))) await takeBack(desk);
  }
}

/** Grants what is free. All are told at once, so that one that cannot be reached holds nobody up. */
async function serve(desk: Desk): Promise<void> {
  const { state } = desk;
  desk.isNews = false;
  const refusals = desk.refused.splice(0).map((lease) => tell(lease, true));
  const grants = grantLeases(state).map((lease) => tell(lease, false));
  const lost = (await Promise.all([...refusals, ...grants])).flat();
  for (const lease of lost) endLease(state, keyOf(lease));
  desk.isNews ||= lost.length > 0;
}

/** Takes back what the dead hold. */
async function takeBack(desk: Desk): Promise<void> {
  const { state } = desk;
  const holders = state.held.slice(0, LIMITS.leaseHoldersChecked).map(({ request, run }) => ({ request, run }));
  const gone = await lightActivities(undefined, 'look whether those who hold leases live').goneHolders({ holders });
  // Those asked about go to the end, so that the next look reaches the others.
  state.held.push(...state.held.splice(0, holders.length));
  const isGone = (lease: Lease): boolean =>
    gone.some(({ request, run }) => request === lease.request && run === lease.run);
  for (const lease of state.held.filter(isGone)) endLease(state, keyOf(lease));
  desk.isNews ||= gone.length > 0;
}

/** Gives the lease where its request cannot be told any more. */
async function tell(lease: Lease, isRefused: boolean): Promise<Lease[]> {
  const message = { n: lease.n, run: lease.run, ...(isRefused ? { refused: true } : {}) };
  try {
    await getExternalWorkflowHandle(lease.request).signal(LEASES.granted, message);
    return [];
  } catch {
    return [lease];
  }
}
