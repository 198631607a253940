import { isCancel, select } from '@clack/prompts';
import { decide } from '../client/messages.js';
import type { Place } from '../client/place.js';
import type { DecisionView } from '../contract/view.js';
import { inert } from '../progress/inert.js';
import type { Live } from './render/output.js';
import { decisionText } from './render/tables.js';

/** Asks a decision on the terminal. Leaving the question unanswered changes nothing: it stays open for whoever answers elsewhere. */
export async function askInPlace(place: Place, decision: DecisionView, live: Live, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  live.line(decisionText(decision, { now: Date.now() }));
  live.hold(true);
  try {
    const options = decision.options.map((option) => ({ value: option, label: inert(option) }));
    const choice = await select({ message: inert(decision.question), options, signal });
    if (signal.aborted) return live.line(`${decision.id} was answered elsewhere`);
    if (isCancel(choice)) return live.line(`${decision.id} stays open; answer it later with: baton decide`);
    const answer = await decide(place, {
      decision: decision.id,
      choice,
      digest: decision.subject.digest,
      via: 'terminal',
    });
    live.line(answer.message);
  } catch (error) {
    live.line(error instanceof Error ? error.message : String(error));
  } finally {
    live.hold(false);
  }
}
